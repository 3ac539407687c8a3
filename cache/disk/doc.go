// Package disk keeps entries in plain files, so that what was fetched survives
// eviction from memory, a crash and a restart.
//
// Every entry is a file of its own, checksummed, and replaced as a whole: it is
// written aside, synced, renamed, and its folder is synced. So damage costs one
// entry, anybody can look at the folder or empty it, and processes can share it:
// each sees whole files only, whoever wrote them.
//
// A database was the alternative. Those that were tried lost everything, or
// panicked, when one page of their file was damaged, and most lock out a second
// process, which a rolling restart has for a moment.
package disk

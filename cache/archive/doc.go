// Package archive is many entries in one file, to be copied to another machine.
//
// A file is gzip around
//
//	magic     a line that names the format and its version
//	metadata  a line of JSON, see Meta
//	records   of package record, each preceded by its length in 4 bytes
//	end       a length of 0, the number of records in 8 bytes, and the SHA-256 of
//	          everything before it
//
// with numbers in little-endian. Whatever is missing or different is found at the
// end if not before: only then are the entries that were read to be trusted.
package archive

import "time"

const (
	magicName = "perigee archive "
	magic     = magicName + "1\n"
	// maxMeta is how long the line of metadata may be, in bytes.
	maxMeta = 64 << 10
	// gzipHead is how Writer begins. gzip itself does not protect these bytes.
	gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
)

// MaxRecord is the size limit of the record of an entry, in bytes.
const MaxRecord = 1<<30 + 1<<20

// Meta is the metadata of an archive.
type Meta struct {
	// Upstream is the base URL that the entries were fetched from, and that their
	// links begin with.
	Upstream string `json:"upstream"`
	// Made is when the archive was made, By which program and version made it.
	Made time.Time `json:"made"`
	By   string    `json:"by"`
}

// Damage says why a file is not an archive that can be trusted.
type Damage string

// Error implements error.
func (d Damage) Error() string { return "archive: " + string(d) }

// The kinds of damage.
const (
	// NotArchive: the file does not begin as an archive does.
	NotArchive Damage = "not an archive"
	// WrongVersion: another version of this program wrote the archive.
	WrongVersion Damage = "another version of the format"
	// CutShort: the file ends too early.
	CutShort Damage = "damaged: the end is missing"
	// WrongGzip: the compressed data is invalid, or its checksum is.
	WrongGzip Damage = "damaged: what is compressed"
	// WrongMeta: the metadata is too long or no JSON.
	WrongMeta Damage = "damaged: metadata"
	// WrongRecord: a record is too long, or fails its own checks.
	WrongRecord Damage = "damaged: a record"
	// WrongCount: there are more records than were written, or fewer.
	WrongCount Damage = "damaged: the number of records"
	// WrongSum: the checksum of the whole does not match.
	WrongSum Damage = "damaged: checksum"
	// TooLong: something follows the end.
	TooLong Damage = "damaged: something follows the end"
)

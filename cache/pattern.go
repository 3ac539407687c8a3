package cache

// matches reports whether pattern covers the whole of s. Each '*' in pattern
// stands for any run of bytes, all else for itself.
//
// A '*' first covers nothing, and one byte more each time that what follows it
// does not fit. Only the last one that was passed is ever widened: the earlier
// ones leave it the most to choose from already. So the time is at worst
// len(pattern) × len(s), for any pattern.
func matches(pattern, s string) bool {
	var p, i int           // how far both are matched
	star, covered := -1, 0 // the last '*', and the end of what it covers
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, covered = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			covered++
			p, i = star+1, covered
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

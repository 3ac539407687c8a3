package disk

import (
	"fmt"
	"strconv"
	"testing"

	"perigee/cache/cachetest"
)

// The usual sizes: a page of ten elements, and one of a hundred detailed ones.
const (
	smallPage = 22 << 10
	largePage = 2 << 20
)

func BenchmarkPut(b *testing.B) {
	for _, size := range []int{smallPage, largePage} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			tier := open(b, Options{})
			e := cachetest.Entry("key", 1, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				next := *e
				next.Key = fmt.Sprint(i % 200)
				if err := tier.Put(&next); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkGet is of files that the operating system has in memory.
func BenchmarkGet(b *testing.B) {
	for _, size := range []int{smallPage, largePage} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			tier := open(b, Options{})
			if err := tier.Put(cachetest.Entry("key", 1, size)); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := tier.Get("key"); !ok {
					b.Fatal("miss")
				}
			}
		})
	}
}

func BenchmarkGetMiss(b *testing.B) {
	tier := open(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := tier.Get("key"); ok {
			b.Fatal("hit")
		}
	}
}

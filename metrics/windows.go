package metrics

import "github.com/prometheus/client_golang/prometheus"

// windows counts pages that are cut from wider ones.
type windows struct {
	one, two, mixed prometheus.Counter
	objects         prometheus.Counter
	doubted         *prometheus.CounterVec
	doubts          labelSet
}

func (f factory) windows() windows {
	cuts := f.counters(cutsName, cutsHelp, labelWindows)
	w := windows{
		one: cuts.WithLabelValues("one"), two: cuts.WithLabelValues("two"),
		mixed: f.counter(mixedName, mixedHelp), objects: f.counter(objectsName, objectsHelp), doubts: newLabelSet(doubts()),
	}
	w.doubted = f.closed(doubtsName, doubtsHelp, labelReason, w.doubts)
	return w
}

// PageCut counts an answer that was cut from one wide page or, if it straddles,
// from two. mixed tells that these are of different states of the list.
func (m *Metrics) PageCut(straddles, mixed bool) {
	if mixed {
		m.windows.mixed.Inc()
	}
	if straddles {
		m.windows.two.Inc()
		return
	}
	m.windows.one.Inc()
}

// ObjectFromList counts an answer for an object that was an element of a held list.
func (m *Metrics) ObjectFromList() { m.windows.objects.Inc() }

// WindowDoubted counts a list whose wide page was not believed.
func (m *Metrics) WindowDoubted(doubt string) {
	m.windows.doubted.WithLabelValues(m.windows.doubts.bound(doubt)).Inc()
}

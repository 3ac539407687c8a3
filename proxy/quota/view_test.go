package quota

import (
	"testing"
	"time"
)

// What operators are told of the limit, of what is left and of upstream's reports.
func TestStats(t *testing.T) {
	hears := func(d *desk) {
		a := d.answer()
		a.Report = &SharedReport{From: "other", Asked: a.Now - 2000, Answered: a.Now - 1000, Limit: 30, Period: 60_000, Used: 4}
		d.hear(a)
	}
	told := func(d *desk) {
		d.learn(Report{Limit: 30, Period: time.Minute, Used: 30, Next: 10 * time.Second}, d.now, d.now, d.now)
	}
	for _, tt := range []struct {
		name string
		desk func(t *testing.T) *desk
		do   func(*desk)
		want Stats
	}{
		{"a limit of the settings is known at once", fixed, func(*desk) {},
			Stats{Limit: 15, Period: time.Hour, Replicas: 1, Known: true}},
		{"one that upstream has yet to tell is not", auto, func(*desk) {},
			Stats{Limit: 15, Period: time.Hour, Replicas: 1, Next: firstReport}},
		{"nor after it was asked in vain", auto, func(d *desk) { d.reportFailed(d.now) },
			Stats{Limit: 15, Period: time.Hour, Replicas: 1}},
		{"upstream tells", auto, told,
			Stats{Limit: 30, Period: time.Minute, Replicas: 1, Foreign: 30, Known: true, Next: 10*time.Second + margin, Reported: start}},
		{"it tells another replica", sharing, hears,
			Stats{Limit: 30, Period: time.Minute, Replicas: 2, Foreign: 4, Known: true, Reported: at(-time.Second)}},
		{"it tells of another period than that of the settings", fixed, told,
			Stats{Limit: 15, Period: time.Hour, Replicas: 1, Known: true}},
		{"one is left", fixed, func(d *desk) { d.spend("a", 14) },
			Stats{Limit: 15, Period: time.Hour, Replicas: 1, Own: 14, Clients: 1, Known: true}},
		{"none is", fixed, func(d *desk) { d.spend("a", 15); d.now = at(time.Minute) },
			Stats{Limit: 15, Period: time.Hour, Replicas: 1, Own: 15, Clients: 1, Known: true, Next: 59*time.Minute + margin}},
		{"upstream has refused one", fixed, func(d *desk) {
			w := d.want(Waiting, 0, "a")
			d.ask(w, d.now)
			d.throttled(w.slot, d.now, 5*time.Minute, d.now)
		}, Stats{Limit: 15, Period: time.Hour, Replicas: 1, Own: 1, Clients: 1, Known: true, Next: 5 * time.Minute}},
		{"another process spends", fixed, func(d *desk) { d.budget.standby = true },
			Stats{Limit: 15, Period: time.Hour, Replicas: 1, Next: standbyStep}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.desk(t)
			tt.do(d)
			if got := d.stats(d.now); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func fixed(t *testing.T) *desk { return newDesk(t, 15, limits{}) }

func auto(t *testing.T) *desk { return newDesk(t, 0, limits{}) }

// sharing is a replica that reached the ledger, which knows of no report either.
func sharing(t *testing.T) *desk { return joined(t, 0) }

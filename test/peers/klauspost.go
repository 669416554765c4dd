// Measures klauspost/reedsolomon (Debian: golang-github-klauspost-reedsolomon-dev) the way "jcs bench coding" measures jcs: windows of
// 4 ms after 80 ms of warming up, GB of data shards per second, on one thread. Arguments: encode|rebuild, lost shards, data shards, parity
// shards, bytes in a shard, hot|cold, milliseconds.
package main

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"time"

	"github.com/klauspost/reedsolomon"
)

const coldBytes = 128 << 20
const spacingBytes = 320

func number(index int) int {
	value, err := strconv.Atoi(os.Args[index])
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	lost := number(2)
	k, m, bytes := number(3), number(4), number(5)
	if os.Args[1] == "encode" {
		lost = 0
	}
	caseTime := time.Duration(number(7)) * time.Millisecond
	encoder, err := reedsolomon.New(k, m, reedsolomon.WithMaxGoroutines(1))
	check(err)

	stride := bytes + spacingBytes
	stripeBytes := stride * (k + m)
	count := 1
	if os.Args[6] == "cold" {
		count = (coldBytes + stripeBytes - 1) / stripeBytes
	}
	memory := make([]byte, stripeBytes*count)
	for i := range memory {
		memory[i] = byte(uint32(i) * 2654435761 >> 13)
	}
	stripes := make([][][]byte, count)
	for s := range stripes {
		for i := 0; i < k+m; i++ {
			start := s*stripeBytes + i*stride
			stripes[s] = append(stripes[s], memory[start:start+bytes:start+bytes])
		}
		check(encoder.Encode(stripes[s]))
	}

	next := 0
	run := func() {
		shards := stripes[next]
		next = (next + 1) % count
		if lost == 0 {
			check(encoder.Encode(shards))
			return
		}
		for i := 0; i < lost; i++ {
			shards[i] = shards[i][:0]
		}
		check(encoder.ReconstructData(shards))
	}

	var speeds []float64
	start := time.Now()
	for time.Since(start) < 80*time.Millisecond+caseTime {
		window := time.Now()
		runs := 0
		elapsed := time.Duration(0)
		for elapsed < 4*time.Millisecond {
			run()
			runs++
			elapsed = time.Since(window)
		}
		if window.Sub(start) >= 80*time.Millisecond {
			speeds = append(speeds, float64(runs)*float64(k)*float64(bytes)/1e9/elapsed.Seconds())
		}
	}
	sort.Float64s(speeds)
	fmt.Printf("{\"bestGBps\":%.3f,\"medianGBps\":%.3f}\n", speeds[len(speeds)-1], speeds[len(speeds)/2])
}

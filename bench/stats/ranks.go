package stats

import (
	"math"
	"slices"
)

// mostExact bounds the subsets that are counted one by one: 10 + 10 runs have
// 184,756.
const mostExact = 200_000

// rankSum is the two-sided p of the Mann-Whitney rank-sum test: how likely a
// difference at least as large is when both samples come from the same source.
// It is exact, ties included, as long as the ways to deal out the values can be
// counted, and by the normal approximation beyond.
func rankSum(a, b []float64) float64 {
	ranks := midranks(a, b)
	n, m := len(a), len(b)
	var sum float64
	for _, r := range ranks[:n] {
		sum += r
	}
	mean := float64(n) * float64(n+m+1) / 2
	off := math.Abs(sum - mean)
	if choose(n+m, n) <= mostExact {
		return exact(ranks, n, mean, off)
	}
	// Wilcoxon's variance with the correction for ties, and half a step for
	// continuity.
	all := float64(n + m)
	var ties float64
	for _, t := range tied(ranks) {
		ties += t*t*t - t
	}
	variance := float64(n) * float64(m) / 12 * (all + 1 - ties/(all*(all-1)))
	if variance <= 0 {
		return 1
	}
	return math.Erfc(max(off-0.5, 0) / math.Sqrt(2*variance))
}

// midranks gives every value its place among all, from 1; equal ones share the
// mean of theirs.
func midranks(a, b []float64) []float64 {
	all := append(slices.Clone(a), b...)
	sorted := slices.Sorted(slices.Values(all))
	out := make([]float64, len(all))
	for i, v := range all {
		first, _ := slices.BinarySearch(sorted, v)
		last := first
		for last+1 < len(sorted) && sorted[last+1] == v {
			last++
		}
		out[i] = float64(first+last)/2 + 1
	}
	return out
}

// tied counts how many share each rank.
func tied(ranks []float64) map[float64]float64 {
	out := make(map[float64]float64)
	for _, r := range ranks {
		out[r]++
	}
	return out
}

// exact counts the ways to pick n of the ranks whose sum is at least off away
// from the mean.
func exact(ranks []float64, n int, mean, off float64) float64 {
	var all, far int
	var pick func(from, left int, sum float64)
	pick = func(from, left int, sum float64) {
		if left == 0 {
			all++
			if math.Abs(sum-mean) >= off-1e-9 {
				far++
			}
			return
		}
		for i := from; i <= len(ranks)-left; i++ {
			pick(i+1, left-1, sum+ranks[i])
		}
	}
	pick(0, n, 0)
	return float64(far) / float64(all)
}

// choose is the number of ways to pick k of n.
func choose(n, k int) float64 {
	out := 1.0
	for i := 1; i <= k; i++ {
		out = out * float64(n-k+i) / float64(i)
	}
	return out
}

// Package plot draws what a load run saw: charts as SVG, PNG or CSV, and a
// report as one HTML file that needs no network and no script.
//
// Of draws a Chart of one kind (connections, latency, hdr, ...) from one or
// several runs. A Chart knows values and axes; where they come to lie is
// decided once, in layout, and drawn on a canvas, of which there are two: text
// (SVG, in the colors the reader prefers, light or dark) and pixels (PNG).
//
// Nothing here keeps state: the same runs give the same bytes.
package plot

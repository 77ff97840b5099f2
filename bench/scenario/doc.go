// Package scenario holds the load runs: what viewers and publisher do, and
// which figures come of it. Each is a struct of flags with a Run method.
//
// A Run opens the viewers, does its work, closes them and fills a
// stats.Report. It returns an error only when it could not be carried out;
// limits that were missed and faults of the server are in the report.
package scenario

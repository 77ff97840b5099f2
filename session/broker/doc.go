// Package broker is the order of events: the log every node of a deployment
// follows.
//
// A [Broker] takes messages, gives each an id above all earlier ones over all
// rooms, and hands the committed events to the node's [Receiver] in that
// order, each exactly once. A publisher learns the ids after the commit and
// never delivers ahead of the log. Ids are counted within an epoch, which
// changes when the log's memory is lost; a cursor of another epoch says
// nothing.
//
// [Memory] is the broker of a single node. Package brokertest is the suite
// every broker must pass.
package broker

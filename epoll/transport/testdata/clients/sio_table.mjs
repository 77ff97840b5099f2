// The table of the matrix, and its end.
import {report, table} from "./ways_tally.mjs";

// matrix prints results, a list of {kind, way, cells}, where cells are by name
// "ok", "-" or what is wrong, and ends the program.
export function matrix(results) {
  const kinds = [...new Set(results.map(r => r.kind))], names = Object.keys(results[0].cells);
  table(names.map(name => ({
    cell: name, ...Object.fromEntries(kinds.map(kind => [kind, mark(results.filter(r => r.kind === kind), name)])),
  })));
  for (const kind of kinds) console.log(`${kind}: ${results.filter(r => r.kind === kind).map(r => r.way).join(", ")}`);
  const wrong = [];
  let cells = 0;
  for (const r of results) {
    for (const [name, got] of Object.entries(r.cells)) {
      if (got !== "-") cells++;
      if (got !== "ok" && got !== "-") wrong.push(`${r.kind}, ${r.way}, ${name}: ${got}`);
    }
  }
  report({columns: results.length, cells, failed: wrong.length}, wrong);
}

// mark has a word for each way.
const mark = (results, name) => results.map(r => ["ok", "-"].includes(r.cells[name]) ? r.cells[name] : "FAIL").join(" ");

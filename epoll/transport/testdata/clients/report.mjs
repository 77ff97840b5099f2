// Opens a report of the load harness in Chromium, from the disk, and looks
// whether a person could read it: on a wide and on a narrow screen, light and
// dark.
//
//   node report.mjs FILE PROFILE KINDS [PICTURE]
//
// PROFILE is a folder for the browser's profile, KINDS the ids of the plots
// that have to be there, PICTURE a file for a screenshot.
import {writeFileSync} from "node:fs";
import {pathToFileURL} from "node:url";
import {Page} from "./browser.mjs";
import {fail, same} from "./lib.mjs";

const [file, profile, kinds, picture] = process.argv.slice(2);
const url = pathToFileURL(file).href;
const page = await Page.open(profile, url);

// looks runs in the page and gives every complaint.
function looks(kinds) {
  const out = [];
  const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
  const overlap = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
  const light = color => {
    const [r, g, b] = color.match(/[\d.]+/g).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  // WCAG 2.1, 1.4.3 for texts and 1.4.11 for what is drawn.
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);

  const ids = [...document.querySelectorAll("figure")].map(f => f.id);
  if (ids.join() !== kinds.join()) out.push(`plots ${ids}, want ${kinds}`);
  for (const figure of document.querySelectorAll("figure")) {
    const say = what => out.push(`${figure.id}: ${what}`);
    const svg = figure.querySelector("svg"), frame = svg.getBoundingClientRect();
    const ground = getComputedStyle(figure).backgroundColor;
    if (frame.width < 280 || frame.height < 120) say(`${frame.width} x ${frame.height} pixels`);
    const texts = [...svg.querySelectorAll("text")];
    const rects = texts.map(t => t.getBoundingClientRect());
    texts.forEach((t, i) => {
      if (!inside(rects[i], frame)) say(`"${t.textContent}" leaves the plot`);
      if (contrast(getComputedStyle(t).fill, ground) < 4.5) say(`"${t.textContent}" can't be told from the ground`);
      for (let j = 0; j < i; j++) if (overlap(rects[i], rects[j])) say(`"${t.textContent}" lies on "${texts[j].textContent}"`);
    });
    const marks = texts.filter(t => /^-?[\d.]+[kM]?( %)?$/.test(t.textContent));
    if (marks.length < 6) say(`${marks.length} marks on its axes`);
    const units = /in ms|in MB|% of a core|connections|per second|seconds|minutes|share of deliveries|^deliveries$/;
    if (texts.filter(t => units.test(t.textContent)).length < 2) say("an axis without a unit");
    const lines = [...svg.querySelectorAll("path")].filter(p => /--c\d/.test(p.getAttribute("stroke")));
    const wide = lines.filter(p => p.getBoundingClientRect().width > frame.width / 3);
    if (wide.length === 0) say("no line");
    for (const line of lines) {
      if (!inside(line.getBoundingClientRect(), frame)) say("a line leaves the plot");
      if (contrast(getComputedStyle(line).stroke, ground) < 3) say("a line can't be told from the ground");
    }
  }
  for (const e of document.querySelectorAll("h1, h2, p, dt, dd, th, td, li, footer")) {
    let ground = e;
    while (/, 0\)$|transparent/.test(getComputedStyle(ground).backgroundColor) && ground.parentElement) ground = ground.parentElement;
    const c = contrast(getComputedStyle(e).color, getComputedStyle(ground).backgroundColor);
    if (e.textContent && c < 4.5) out.push(`"${e.textContent}" in ${getComputedStyle(e).color} on ${getComputedStyle(ground).backgroundColor}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) out.push(`${document.documentElement.scrollWidth} wide on a screen of ${innerWidth}`);
  return out;
}

await page.call("Emulation.setScrollbarsHidden", {hidden: true});
for (const [width, height] of [[1280, 1160], [400, 800]]) {
  for (const scheme of ["dark", "light"]) {
    await page.call("Emulation.setDeviceMetricsOverride", {width, height, deviceScaleFactor: 1, mobile: false});
    await page.call("Emulation.setEmulatedMedia", {features: [{name: "prefers-color-scheme", value: scheme}]});
    const wrong = await page.on(`(${looks})(${JSON.stringify(kinds.split(","))})`);
    if (wrong.length) fail(`${width} x ${height}, ${scheme}:\n${wrong.join("\n")}`);
    if (picture && width > 1000 && scheme === "light") {
      const {data} = await page.call("Page.captureScreenshot", {format: "png", clip: {x: 0, y: 0, width, height, scale: 1}});
      writeFileSync(picture, Buffer.from(data, "base64"));
    }
  }
}

same("what the page threw", page.thrown, []);
same("what was loaded", page.asked, [url]);
await page.close();
process.exit(0);

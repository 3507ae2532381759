// Makes what the page serves of other people's work:  node build.mjs DIRECTORY
//   vendor.js            d3 and topojson, one minified ES module
//   west-africa.json     the countries around the airports, TopoJSON out of Natural Earth
//   LICENSES.txt         the licences of both
//   SHA256SUMS           digests of these, and of what they were made from
// The same package-lock.json gives the same bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { feature } from "topojson-client";
import { topology } from "topojson-server";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "node_modules");
// Degrees of longitude and latitude: wider than the map, so that it can show what lies around.
const [WEST, SOUTH, EAST, NORTH] = [-30, -2, 18, 26];
const QUANTIZATION = 1e5;

const target = process.argv[2];
if (!target) {
  console.error("Name the directory to write to: node build.mjs DIRECTORY");
  process.exit(2);
}
mkdirSync(target, { recursive: true });

const bundle = await build({
  absWorkingDir: HERE,
  bundle: true,
  charset: "utf8",
  entryPoints: ["vendor.js"],
  format: "esm",
  legalComments: "none",
  metafile: true,
  minify: true,
  target: "es2022",
  write: false,
});
writeFileSync(join(target, "vendor.js"), bundle.outputFiles[0].contents);
writeFileSync(join(target, "west-africa.json"), JSON.stringify(countries()) + "\n");
writeFileSync(join(target, "LICENSES.txt"), licences([...bundled(bundle.metafile), "world-atlas"]));
writeFileSync(
  join(target, "SHA256SUMS"),
  [
    ...["build.mjs", "package-lock.json", "vendor.js"].map((name) => digest(HERE, name, "npm/")),
    ...["LICENSES.txt", "vendor.js", "west-africa.json"].map((name) => digest(target, name, "")),
  ].join(""),
);

function countries() {
  const world = JSON.parse(readFileSync(join(MODULES, "world-atlas", "countries-50m.json")));
  const near = feature(world, world.objects.countries).features.map(({ id, geometry }) => {
    const all = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    const polygons = all.filter((rings) => rings[0].some(inside));
    return { type: "Feature", id, geometry: { type: "MultiPolygon", coordinates: polygons } };
  });
  const features = near.filter(({ geometry }) => geometry.coordinates.length > 0);
  return topology({ countries: { type: "FeatureCollection", features } }, QUANTIZATION);
}

function inside([longitude, latitude]) {
  return WEST < longitude && longitude < EAST && SOUTH < latitude && latitude < NORTH;
}

function bundled(metafile) {
  const found = Object.keys(metafile.inputs).map((path) => path.match(/^node_modules\/([^/]+)\//));
  return [...new Set(found.filter(Boolean).map((match) => match[1]))].sort();
}

function licences(names) {
  return names
    .map((name) => {
      const { version } = JSON.parse(readFileSync(join(MODULES, name, "package.json")));
      const text = readFileSync(join(MODULES, name, "LICENSE"), "utf8").trim();
      return `${name} ${version}\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(72)}\n\n`)
    .concat("\nThe map is made of Natural Earth's data, which is in the public domain.\n");
}

function digest(directory, name, prefix) {
  const hash = createHash("sha256").update(readFileSync(join(directory, name))).digest("hex");
  return `${hash}  ${prefix}${name}\n`;
}

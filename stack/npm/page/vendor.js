// All that the page uses of d3 and topojson; build.mjs makes one file of it.
export { geoGraticule, geoMercator, geoPath } from "d3-geo";
export { scaleLinear, scaleThreshold, scaleUtc } from "d3-scale";
export { line } from "d3-shape";
export { feature, mesh } from "topojson-client";

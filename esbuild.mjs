// Bundles the islands into static/build: what every page loads, the editor for the pages that have one, and a file for
// each script in static/js/pages. Whitenoise gives them content hashes when they are collected.
import { build, context } from "esbuild";
import { gzipSync } from "node:zlib";
import { existsSync, readFileSync, readdirSync } from "node:fs";

const PAGES = "static/js/pages";
const pages = existsSync(PAGES) ? readdirSync(PAGES).filter((name) => name.endsWith(".js")) : [];

const options = {
  entryPoints: {
    remit: "static/js/remit.js",
    "prompt-editor": "static/js/editor/prompt-editor.js",
    ...Object.fromEntries(pages.map((name) => [name.slice(0, -3), `${PAGES}/${name}`])),
  },
  outdir: "static/build",
  bundle: true,
  format: "esm",
  target: ["chrome123", "firefox121", "safari17.5"], // light-dark() and :has() need these anyway
  minify: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};

if (process.argv.includes("--watch")) {
  const watching = await context({ ...options, minify: false, logLevel: "info" });
  await watching.watch();
} else {
  const { metafile } = await build(options).catch(() => process.exit(1)); // it has said what is wrong
  for (const [path, { bytes }] of Object.entries(metafile.outputs)) {
    console.log(`${path}  ${bytes} bytes, ${gzipSync(readFileSync(path)).length} gzipped`);
  }
}

// Bundles the islands. Two files: what every page loads, and the editor for the pages that have one.
// Whitenoise gives them content hashes when they are collected.
import { build, context } from "esbuild";
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";

const options = {
  entryPoints: { remit: "static/js/remit.js", "prompt-editor": "static/js/editor/prompt-editor.js" },
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

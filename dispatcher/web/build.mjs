// Bundles the pages' scripts and styles into the folder named as the argument; file names carry a hash of their content.
// Called by dispatcher/build.rs; `npm run build` alone writes to dist/ for a look.
import { build } from "esbuild";

await build({
  entryPoints: [
    "src/console.ts",
    "src/roads.ts",
    "src/list-map.ts",
    "src/sign-in.ts",
    "src/account.ts",
    "src/call-out.ts",
    { in: "worker/service-worker.ts", out: "service-worker" },
    { in: "css/console.css", out: "console" },
    { in: "css/page.css", out: "page" },
    { in: "css/list-map.css", out: "list-map" },
    { in: "css/icon.svg", out: "icon" },
  ].map((entry) =>
    typeof entry === "string" ? { in: entry, out: entry.replace(/^src\/|\.ts$/g, "") } : entry,
  ),
  outdir: process.argv[2] ?? "dist",
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome107", "firefox104", "safari16"],
  charset: "utf8",
  legalComments: "inline",
  loader: { ".geojson": "json", ".png": "dataurl", ".svg": "copy" },
  logLevel: "warning",
});

// `npm run bench [-- names]`: runs every bench/*.bench.ts whose path contains one of the names, one after the other.

import { readdirSync } from "node:fs";
import path from "node:path";

import { ROOT, runCommand, say } from "./processes.mjs";

const names = process.argv.slice(2);
const files = readdirSync(path.join(ROOT, "bench"))
  .filter((file) => file.endsWith(".bench.ts"))
  .filter((file) => names.length === 0 || names.some((name) => file.includes(name)))
  .sort();
if (files.length === 0) say("no bench/*.bench.ts matches.");
for (const file of files) {
  say(`bench/${file}`);
  const code = await runCommand(process.execPath, [path.join(ROOT, "bench", file)], { cwd: ROOT });
  process.exitCode ||= code;
}

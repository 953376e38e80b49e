// `npm run package:abi [-- --out DIR]`: makes an npm package of the ABIs and the deployments' addresses, to be published from there.

import path from "node:path";
import { parseArgs } from "node:util";

import { buildAbiPackage } from "./packageAbi/build.ts";

const ROOT = path.dirname(import.meta.dirname);
const { values } = parseArgs({ options: { out: { type: "string", default: path.join(ROOT, "out", "abi") } } });
const { directory, contracts, chains } = buildAbiPackage(path.resolve(values.out), path.join(ROOT, "deployments"));
const where = path.relative(process.cwd(), directory) || directory;
console.log(`${contracts.length} ABIs and the addresses of ${chains.length} chains: ${where}`);
console.log(`Look at it with "npm pack --dry-run ./${where}", publish it with "npm publish ./${where}".`);

// Fails when a contract is too large to be deployed: 24,576 bytes at run time (EIP-170), 49,152 with its constructor
// (EIP-3860). Looks at what ships, contracts/, without the tests that may live there.

import { globSync, readFileSync } from "node:fs";
import path from "node:path";

const ROOT = path.dirname(import.meta.dirname);
const RUNTIME_LIMIT_BYTES = 24_576;
const CREATION_LIMIT_BYTES = 49_152;
const WARN_FRACTION = 0.9;

interface Artifact {
  readonly contractName: string;
  readonly sourceName: string;
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

/** Bytes in a 0x-prefixed string; the placeholders of unlinked libraries are as long as the addresses they stand for. */
function computeByteLength(hex: string): number {
  return (hex.length - 2) / 2;
}

const rows = globSync("artifacts/contracts/**/*.json", { cwd: ROOT })
  .map((file) => JSON.parse(readFileSync(path.join(ROOT, file), "utf8")) as Partial<Artifact>)
  .filter((artifact): artifact is Artifact => artifact.deployedBytecode !== undefined)
  .filter(({ sourceName, deployedBytecode }) => !sourceName.endsWith(".t.sol") && deployedBytecode !== "0x")
  .map((artifact) => {
    const runtimeBytes = computeByteLength(artifact.deployedBytecode);
    const creationBytes = computeByteLength(artifact.bytecode);
    const fraction = Math.max(runtimeBytes / RUNTIME_LIMIT_BYTES, creationBytes / CREATION_LIMIT_BYTES);
    return { name: artifact.contractName, runtimeBytes, creationBytes, fraction };
  })
  .sort((left, right) => right.fraction - left.fraction);

for (const { name, runtimeBytes, creationBytes, fraction } of rows) {
  if (fraction <= WARN_FRACTION) continue;
  const verdict = fraction > 1 ? "TOO LARGE" : "warning, close to the limit";
  const runtime = `${runtimeBytes} of ${RUNTIME_LIMIT_BYTES} bytes at run time`;
  console.log(`${name}: ${runtime}, ${creationBytes} of ${CREATION_LIMIT_BYTES} to create: ${verdict}`);
}
const [largest] = rows;
if (largest === undefined) console.log("No contracts are compiled yet.");
else console.log(`${rows.length} contracts; the largest, ${largest.name}, has ${largest.runtimeBytes} bytes.`);
if (rows.some(({ fraction }) => fraction > 1)) process.exitCode = 1;

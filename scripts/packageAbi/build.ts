import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import ts from "typescript";

import { type ChainAddresses, readChains } from "./addresses.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Contracts that integrators meet, by their names. */
const CONTRACTS = [
  "HedgedVault",
  "RiskPolicy",
  "VaultFactory",
  "AdapterRegistry",
  "VaultLens",
  "UniswapV3Liquidity",
  "AaveV3Hedge",
  "GmxV2Hedge",
  "ChainlinkOracle",
  "RealizedVolatility",
] as const;

/** Ours to replace, because we wrote it. */
const MARKER = "package.json";
const PACKAGE_NAME = "hedgerow-abi";

/** What was made. */
export interface AbiPackage {
  readonly directory: string;
  readonly contracts: readonly string[];
  readonly chains: readonly number[];
}

/**
 * Writes the package: `abi/<Contract>.json`, `index.js` with its types, `package.json` with the version of the root, and the README.
 *
 * @param directory Made anew; refused when it holds anything but an older package of ours.
 * @param deployments Folder with one folder a network, as `hedgerow deploy` leaves it; may be absent.
 * Throws Error when an artifact is missing: build first.
 */
export function buildAbiPackage(directory: string, deployments: string): AbiPackage {
  const abis = readAbis();
  const chains = readChains(deployments);
  requireOwn(directory);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(path.join(directory, "abi"), { recursive: true });
  // First of all, so that what a stopped run left is known as ours.
  writeFileSync(path.join(directory, "package.json"), toJson(describePackage()));
  for (const [name, abi] of abis) writeFileSync(path.join(directory, "abi", `${name}.json`), toJson(abi));
  compile(directory, sourceOf(abis, chains));
  copyFileSync(path.join(ROOT, "packages/abi/README.md"), path.join(directory, "README.md"));
  copyFileSync(path.join(ROOT, "LICENSE"), path.join(directory, "LICENSE"));
  return { directory, contracts: [...abis.keys()], chains: chains.map(({ chainId }) => chainId) };
}

function requireOwn(directory: string): void {
  if (!existsSync(directory) || readdirSync(directory).length === 0) return;
  const file = path.join(directory, MARKER);
  const name = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { name?: unknown }).name : undefined;
  if (name !== PACKAGE_NAME) throw new Error(`${directory} holds other files. Choose an empty place with --out.`);
}

function readAbis(): ReadonlyMap<string, readonly unknown[]> {
  const own = CONTRACTS.map((name) => {
    const [file] = globSync(`artifacts/contracts/**/${name}.sol/${name}.json`, { cwd: ROOT });
    if (file === undefined) throw new Error(`There is no artifact of ${name}. Run "npm run build" first.`);
    return [name, path.join(ROOT, file)] as const;
  });
  const manager = path.join(ROOT, "node_modules/@openzeppelin/contracts/build/contracts/AccessManager.json");
  return new Map(
    [...own, ["AccessManager", manager] as const].map(([name, file]) => {
      const { abi } = JSON.parse(readFileSync(file, "utf8")) as { abi: readonly unknown[] };
      return [name, abi];
    }),
  );
}

/** `hedgedVaultAbi`. */
function constantOf(contract: string): string {
  return `${contract.charAt(0).toLowerCase()}${contract.slice(1)}Abi`;
}

function sourceOf(abis: ReadonlyMap<string, readonly unknown[]>, chains: readonly ChainAddresses[]): string {
  const constants = [...abis].map(
    ([name, abi]) => `/** ABI of ${name}. */\nexport const ${constantOf(name)} = ${JSON.stringify(abi)} as const;\n`,
  );
  const byChain = Object.fromEntries(chains.map(({ chainId, system, vaults }) => [chainId, { system, vaults }]));
  const book = "Readonly<Record<string, string>>";
  const chain = `{ readonly system: ${book}; readonly vaults: Readonly<Record<string, ${book} | undefined>> }`;
  const type = `Readonly<Record<number, ${chain} | undefined>>`;
  const what =
    "/** Addresses of the published deployments by chain id, those of a vault by its symbol; undefined where there is none. */";
  return `${constants.join("\n")}\n${what}\nexport const addresses: ${type} = ${JSON.stringify(byChain)};\n`;
}

/** index.js and index.d.ts, by the compiler: it keeps the literal types. */
function compile(directory: string, source: string): void {
  const file = path.join(directory, "index.ts");
  writeFileSync(file, source);
  const program = ts.createProgram([file], {
    declaration: true,
    module: ts.ModuleKind.ES2022,
    target: ts.ScriptTarget.ES2022,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    types: [],
  });
  const { diagnostics } = program.emit();
  const [problem] = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (problem !== undefined) throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, "\n"));
  rmSync(file);
}

function describePackage(): object {
  const root = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as Record<string, string>;
  return {
    name: PACKAGE_NAME,
    version: root["version"],
    description: "ABIs and addresses of Hedgerow vaults",
    license: root["license"],
    type: "module",
    sideEffects: false,
    types: "./index.d.ts",
    exports: { ".": { types: "./index.d.ts", default: "./index.js" }, "./abi/*.json": "./abi/*.json" },
    files: ["abi", "index.js", "index.d.ts", "README.md", "LICENSE"],
  };
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import ts from "typescript";

const ROOT = path.dirname(import.meta.dirname);

// ------------------------------------------------------------------------------------------------------- the rules

/**
 * A room is a folder (ending in /) or a file; a source belongs to the innermost room that contains it. It may import its
 * own room and what `may` lists: a room without those inside it, a file, or a whole tree (ending in **). "type x" allows
 * `import type` only.
 */
interface Room {
  readonly room: string;
  readonly may: readonly string[];
  /** The only npm packages it may import: names, or scopes ending in /. Without it, all that are not reserved. */
  readonly packages?: readonly string[];
  /** True where the files of the room must not know each other. */
  readonly isolated?: true;
}

interface Rules {
  readonly rooms: readonly Room[];
  /** npm packages that only some rooms may import. */
  readonly reserved: readonly { readonly packages: readonly string[]; readonly rooms: readonly string[] }[];
}

const OPENZEPPELIN = ["@openzeppelin/"];
const VAULT_MAY = ["contracts/interfaces/", "contracts/types/", "contracts/libraries/"];
const ADAPTER_MAY = [...VAULT_MAY, "contracts/interfaces/external/"];

const SOLIDITY: Rules = {
  rooms: [
    // The vault names no venue: neither interfaces/external nor the package of a venue.
    { room: "contracts/", may: VAULT_MAY, packages: OPENZEPPELIN },
    // The lens reads everything; nobody reads the lens.
    { room: "contracts/lens/", may: ["contracts/**"] },
    { room: "contracts/liquidity/", may: ADAPTER_MAY },
    { room: "contracts/hedges/", may: [...ADAPTER_MAY, "contracts/hedges/gmx/"], isolated: true },
    { room: "contracts/hedges/gmx/", may: ADAPTER_MAY },
    { room: "contracts/oracles/", may: ADAPTER_MAY },
    { room: "contracts/interfaces/", may: ["contracts/types/"], packages: OPENZEPPELIN },
    { room: "contracts/interfaces/external/", may: [], packages: OPENZEPPELIN },
    { room: "contracts/types/", may: [], packages: [] },
    { room: "contracts/libraries/", may: ["contracts/interfaces/", "contracts/types/"] },
    { room: "localnet/", may: ["contracts/**"] },
    { room: "test/", may: ["contracts/**", "localnet/**"] },
  ],
  reserved: [{ packages: ["hardhat", "forge-std"], rooms: ["test/"] }],
};

/** Made by the compiler, or written by a deployment; they import nothing of ours. */
const GENERATED = ["types/", "artifacts/", "deployments/"];

/** Distributions and statistics, which are no business of ours to write. */
const MATH_PACKAGES = [
  "@stdlib/stats-base-dists-chisquare-cdf",
  "@stdlib/stats-base-dists-normal-cdf",
  "@stdlib/stats-base-dists-normal-logcdf",
  "@stdlib/stats-base-dists-normal-pdf",
  "@stdlib/stats-base-dists-normal-quantile",
  "simple-statistics",
];

const TYPESCRIPT: Rules = {
  rooms: [
    { room: "sdk/errors.ts", may: [], packages: [] },
    { room: "sdk/math/", may: ["sdk/errors.ts"], packages: MATH_PACKAGES },
    { room: "sdk/exact/", may: ["sdk/errors.ts"], packages: [] },
    { room: "sdk/policy/", may: ["sdk/errors.ts", "sdk/math/", "sdk/exact/"], packages: [] },
    { room: "sdk/sim/", may: ["sdk/errors.ts", "sdk/math/", "sdk/exact/", "sdk/policy/"] },
    { room: "sdk/chain/", may: ["sdk/errors.ts", "sdk/math/", "sdk/exact/", "type sdk/policy/", ...GENERATED] },
    { room: "sdk/", may: ["sdk/**"] },
    { room: "keeper/", may: ["sdk/**", "package.json", ...GENERATED] },
    { room: "web/", may: ["sdk/**", "package.json", ...GENERATED] },
    // The command line wires the programs together; none of them knows it.
    {
      room: "cli/",
      may: ["sdk/**", "keeper/**", "localnet/**", "web/**", "cli/deploy/", "package.json", ...GENERATED],
    },
    // Deployments are Ignition's, described by the modules; nothing else of Hardhat's is imported.
    {
      room: "cli/deploy/",
      may: ["sdk/**", "keeper/**", "localnet/**", "cli/", "scripts/modules/"],
      packages: ["@nomicfoundation/ignition-core", "ethers", "zod"],
    },
    { room: "cli/hedgerow.mjs", may: ["scripts/runtime.mjs", "scripts/processes.mjs"] },
    { room: "localnet/", may: ["sdk/**", "scripts/**", "hardhat.config.ts", ...GENERATED] },
    { room: "scripts/", may: ["sdk/**", "localnet/**", "hardhat.config.ts", ...GENERATED] },
    // What is deployed, and in which order; no more than that.
    { room: "scripts/modules/", may: ["sdk/**"], packages: ["@nomicfoundation/ignition-core"] },
    // A program of its own beside the project; only its framework and the published ABIs reach it.
    { room: "indexer/", may: [], packages: ["ponder", "viem", "hedgerow-abi"] },
    { room: "indexer/src/", may: ["indexer/src/handlers/"], packages: ["ponder:registry", "ponder:schema"] },
    { room: "indexer/src/api/", may: [], packages: ["ponder", "ponder:api", "ponder:schema", "hono"] },
    { room: "indexer/src/handlers/", may: [], packages: [] },
    { room: "bench/", may: ["**"] },
    { room: "test/", may: ["**"] },
    { room: "hardhat.config.ts", may: [] },
    ...GENERATED.map((room) => ({ room, may: [] })),
  ],
  reserved: [
    {
      packages: ["hardhat", "@nomicfoundation/"],
      rooms: ["scripts/", "localnet/", "test/", "bench/", "hardhat.config.ts", "types/", "cli/deploy/"],
    },
    {
      packages: ["ethers", "viem", "jsbi", "@uniswap/"],
      rooms: ["sdk/chain/", "keeper/", "cli/", "web/", "localnet/", "scripts/", "indexer/", "test/", "bench/"],
    },
    { packages: ["mocha", "chai"], rooms: ["test/"] },
  ],
};

/** Pure rooms do no input or output: they import not even the modules of Node. */
const PURE_ROOMS = ["sdk/errors.ts", "sdk/math/", "sdk/exact/", "sdk/policy/"];

/** One file of a program reads the environment. A script is a program by itself; the library reads none. */
const ENVIRONMENT_READERS = [
  "keeper/config.ts",
  "cli/env.ts",
  "scripts/",
  "indexer/ponder.config.ts",
  "test/",
  "bench/",
  "hardhat.config.ts",
];

// ----------------------------------------------------------------------------------------------------- the checker

interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

function isInside(file: string, room: string): boolean {
  return room.endsWith("/") ? file.startsWith(room) : file === room;
}

function findRoom(file: string, rooms: readonly Room[]): Room | undefined {
  return rooms
    .filter(({ room }) => isInside(file, room))
    .reduce<Room | undefined>((best, next) => (next.room.length > (best?.room.length ?? 0) ? next : best), undefined);
}

/** The path from the root if the import leads to a file of ours, else undefined. */
function resolveOwn(file: string, specifier: string, rooms: readonly Room[]): string | undefined {
  if (specifier.startsWith(".")) return path.posix.join(path.posix.dirname(file), specifier);
  return findRoom(specifier, rooms) === undefined ? undefined : specifier;
}

function mayImportOwn(from: Room, target: string, isTypeOnly: boolean, rooms: readonly Room[]): boolean {
  const targetRoom = findRoom(target, rooms)?.room;
  if (targetRoom === from.room) return from.isolated !== true;
  return from.may.some((entry) => {
    const place = entry.replace(/^type /, "");
    if (place !== entry && !isTypeOnly) return false;
    if (place.endsWith("**")) return target.startsWith(place.slice(0, -2));
    return place === targetRoom || place === target;
  });
}

function mayImportPackage(file: string, from: Room, specifier: string, { reserved }: Rules): boolean {
  if (specifier.startsWith("node:")) return !PURE_ROOMS.some((room) => isInside(file, room));
  const isNamed = (name: string): boolean =>
    name.endsWith("/") ? specifier.startsWith(name) : specifier === name || specifier.startsWith(`${name}/`);
  const isReserved = reserved.some(
    ({ packages, rooms }) => packages.some(isNamed) && !rooms.some((room) => isInside(file, room)),
  );
  return !isReserved && (from.packages === undefined || from.packages.some(isNamed));
}

function findForbiddenImports(file: string, imports: readonly Import[], rules: Rules): readonly string[] {
  const from = findRoom(file, rules.rooms);
  if (from === undefined) return [`${file} is in no room of the table`];
  const isAllowed = ({ specifier, isTypeOnly }: Import): boolean => {
    const target = resolveOwn(file, specifier, rules.rooms);
    if (target === undefined) return mayImportPackage(file, from, specifier, rules);
    return mayImportOwn(from, target, isTypeOnly, rules.rooms);
  };
  return imports.filter((item) => !isAllowed(item)).map(({ specifier }) => `${file} imports ${specifier}`);
}

function readSolidityImports(source: string): readonly Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const statements = code.matchAll(/\bimport\s+(?:[^"';]*\bfrom\s+)?["']([^"']+)["']/g);
  return [...statements].map(([, specifier = ""]) => ({ specifier, isTypeOnly: false }));
}

function visitNodes(source: ts.SourceFile, visit: (node: ts.Node) => void): void {
  const descend = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, descend);
  };
  descend(source);
}

function parse(file: string, source: string): ts.SourceFile {
  return ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
}

function isImportTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  const clause = ts.isImportDeclaration(node) ? node.importClause : node;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const named = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
  if (named === undefined || !(ts.isNamedImports(named) || ts.isNamedExports(named))) return false;
  const hasDefault = ts.isImportDeclaration(node) && node.importClause?.name !== undefined;
  return !hasDefault && named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly);
}

/** Static imports and re-exports, import(…), require(…), and types written as import("…").Name. */
function readTypescriptImports(file: string, source: string): readonly Import[] {
  const imports: Import[] = [];
  const add = (node: ts.Node | undefined, isTypeOnly: boolean): void => {
    if (node !== undefined && ts.isStringLiteralLike(node)) imports.push({ specifier: node.text, isTypeOnly });
  };
  visitNodes(parse(file, source), (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, isImportTypeOnly(node));
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true);
    } else if (ts.isExternalModuleReference(node)) {
      add(node.expression, false);
    } else if (ts.isCallExpression(node)) {
      const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
      const isRequire = ts.isIdentifier(node.expression) && node.expression.text === "require";
      if (isImport || isRequire) add(node.arguments[0], false);
    }
  });
  return imports;
}

/** True for process.env however it is spelled: a property, a destructured name, or an import from node:process. */
function readsEnvironment(file: string, source: string): boolean {
  const isProcess = (node: ts.Node | undefined): boolean =>
    node !== undefined &&
    ((ts.isIdentifier(node) && node.text === "process") ||
      (ts.isPropertyAccessExpression(node) && node.name.text === "process"));
  const isEnvironment = (node: ts.Node | undefined): boolean =>
    node !== undefined && (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) && node.text === "env";
  let found = false;
  visitNodes(parse(file, source), (node) => {
    if (ts.isPropertyAccessExpression(node)) {
      found ||= isProcess(node.expression) && isEnvironment(node.name);
    } else if (ts.isElementAccessExpression(node)) {
      found ||= isProcess(node.expression) && isEnvironment(node.argumentExpression);
    } else if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name)) {
      const isTaken = node.name.elements.some(({ propertyName, name }) => isEnvironment(propertyName ?? name));
      found ||= isProcess(node.initializer) && isTaken;
    } else if (ts.isImportSpecifier(node) && isEnvironment(node.propertyName ?? node.name)) {
      const { moduleSpecifier } = node.parent.parent.parent as ts.ImportDeclaration;
      found ||= ts.isStringLiteral(moduleSpecifier) && /^(node:)?process$/.test(moduleSpecifier.text);
    }
  });
  return found;
}

function findViolations(file: string, source: string): readonly string[] {
  if (file.endsWith(".sol")) return findForbiddenImports(file, readSolidityImports(source), SOLIDITY);
  const readsItHere = ENVIRONMENT_READERS.some((room) => isInside(file, room)) || !readsEnvironment(file, source);
  return [
    ...findForbiddenImports(file, readTypescriptImports(file, source), TYPESCRIPT),
    ...(readsItHere ? [] : [`${file} reads process.env`]),
  ];
}

// ------------------------------------------------------------------------------------------------------- the tests

/** Our sources below the root's folders; a folder of the table that does not exist yet has none. */
function listSources(): readonly string[] {
  const generated = [...GENERATED, "node_modules/", "cache/", "coverage/", "out/"];
  const folders = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !generated.includes(`${entry.name}/`))
    .map((entry) => entry.name);
  const files = folders
    .flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) =>
        path.join(folder, file),
      ),
    )
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => /\.(sol|m?ts|m?js)$/.test(file) && !/\/(node_modules|dist)\//.test(file));
  return [...files, "hardhat.config.ts"].sort();
}

/** [what, file, source]: each breaks exactly one rule. */
const FORBIDDEN: readonly (readonly [string, string, string])[] = [
  ["the vault imports a hedge", "contracts/HedgedVault.sol", 'import {A} from "./hedges/AaveV3Hedge.sol";'],
  ["the vault imports the liquidity adapter", "contracts/HedgedVault.sol", 'import {A} from "./liquidity/U.sol";'],
  ["the vault imports an oracle", "contracts/RiskPolicy.sol", 'import {A} from "./oracles/ChainlinkOracle.sol";'],
  ["the vault names a venue", "contracts/HedgedVault.sol", 'import {A} from "./interfaces/external/IAaveV3.sol";'],
  ["the vault imports a venue's package", "contracts/HedgedVault.sol", 'import {A} from "@aave/core-v3/A.sol";'],
  ["the vault imports the lens", "contracts/VaultFactory.sol", 'import {VaultLens} from "./lens/VaultLens.sol";'],
  ["an adapter imports the lens", "contracts/hedges/A.sol", 'import {VaultLens} from "../lens/VaultLens.sol";'],
  ["an adapter imports the vault", "contracts/hedges/A.sol", 'import {HedgedVault} from "../HedgedVault.sol";'],
  ["a hedge imports another", "contracts/hedges/A.sol", 'import {B} from "./B.sol";'],
  ["a hedge imports the liquidity adapter", "contracts/hedges/A.sol", 'import {B} from "../liquidity/B.sol";'],
  ["a library imports an adapter", "contracts/libraries/L.sol", 'import {B} from "../hedges/B.sol";'],
  ["a library names a venue", "contracts/libraries/L.sol", 'import {B} from "../interfaces/external/IB.sol";'],
  ["an interface imports a library", "contracts/interfaces/I.sol", 'import {B} from "../libraries/B.sol";'],
  ["a type imports an interface", "contracts/types/T.sol", 'import {B} from "../interfaces/B.sol";'],
  ["the lens imports a test contract", "contracts/lens/VaultLens.sol", 'import {B} from "../../test/contracts/B.sol";'],
  ["production imports a test contract", "contracts/HedgedVault.sol", 'import {B} from "../test/contracts/B.sol";'],
  ["production imports the twin", "contracts/hedges/A.sol", 'import {B} from "../../localnet/contracts/B.sol";'],
  [
    "an indexer's handler imports its framework",
    "indexer/src/handlers/vault.ts",
    'import { ponder } from "ponder:registry";',
  ],
  ["production imports a test by full path", "contracts/hedges/A.sol", 'import {B} from "test/contracts/B.sol";'],
  ["production imports the console", "contracts/hedges/A.sol", 'import {console} from "hardhat/console.sol";'],
  ["a bare import", "contracts/HedgedVault.sol", 'import "./hedges/B.sol";'],
  ["a star import", "contracts/HedgedVault.sol", "import * as B from './hedges/B.sol';"],
  ["an import over several lines", "contracts/HedgedVault.sol", 'import {\n  A,\n  B\n} from "./hedges/B.sol";'],

  ["math imports the policy", "sdk/math/lp.ts", 'import { decide } from "../policy/decide.ts";'],
  ["math imports an unnamed package", "sdk/math/lp.ts", 'import { z } from "zod";'],
  ["math imports a neighbour of a named package", "sdk/math/lp.ts", 'import x from "@stdlib/stats-base-dists-t-cdf";'],
  ["math imports Node", "sdk/math/lp.ts", 'import { readFileSync } from "node:fs";'],
  ["the policy imports the simulator", "sdk/policy/decide.ts", 'import { run } from "../sim/engine.ts";'],
  ["the policy imports the chain", "sdk/policy/decide.ts", 'import type { S } from "../chain/snapshot.ts";'],
  ["the policy imports Node", "sdk/policy/decide.ts", 'import { createHash } from "node:crypto";'],
  ["the simulator imports the chain", "sdk/sim/engine.ts", 'import { read } from "../chain/snapshot.ts";'],
  ["the simulator imports ethers", "sdk/sim/engine.ts", 'import { ethers } from "ethers";'],
  ["the root of the sdk imports ethers", "sdk/index.ts", 'export { ethers } from "ethers";'],
  ["the chain runs the policy", "sdk/chain/encode.ts", 'import { decide } from "../policy/decide.ts";'],
  ["the chain runs the policy, mixed", "sdk/chain/encode.ts", 'import { type D, decide } from "../policy/decide.ts";'],
  ["the chain imports the simulator", "sdk/chain/encode.ts", 'import { run } from "../sim/engine.ts";'],
  ["the errors import a room", "sdk/errors.ts", 'import { x } from "./math/lp.ts";'],
  ["the sdk imports a program", "sdk/chain/encode.ts", 'import { tick } from "../../keeper/tick.ts";'],
  ["the keeper imports the command line", "keeper/main.ts", 'import { main } from "../cli/main.ts";'],
  ["the keeper imports the dashboard", "keeper/main.ts", 'import { serve } from "../web/server.ts";'],
  ["the keeper imports the twin", "keeper/main.ts", 'const twin = await import("../localnet/twin.ts");'],
  ["the dashboard imports the keeper", "web/server.ts", 'import { tick } from "../keeper/tick.ts";'],
  ["the dashboard imports the command line", "web/server.ts", 'export * from "../cli/main.ts";'],
  ["the dashboard imports the twin", "web/server.ts", 'const twin = require("../localnet/twin.ts");'],
  ["the twin imports the keeper", "localnet/twin.ts", 'import { tick } from "../keeper/tick.ts";'],
  ["the command line imports a test", "cli/demo.ts", 'import { x } from "../test/helper.ts";'],
  ["the command line imports Hardhat", "cli/demo.ts", 'import hre from "hardhat";'],
  ["a deployment imports Hardhat", "cli/deploy/run.ts", 'import hre from "hardhat";'],
  ["a deployment imports another script", "cli/deploy/run.ts", 'import { x } from "../../scripts/gas.ts";'],
  ["a module of a deployment imports the twin", "scripts/modules/x.ts", 'import { x } from "../../localnet/twin.ts";'],
  ["the keeper imports a plugin of Hardhat", "keeper/main.ts", 'import x from "@nomicfoundation/hardhat-ethers";'],
  ["the sdk imports Hardhat's types", "sdk/chain/encode.ts", 'let x: import("hardhat/types").Artifacts;'],
  ["a script imports a test library", "scripts/deploy.ts", 'import { expect } from "chai";'],
  ["a source in no room", "elsewhere/x.ts", ""],
  ["the keeper reads the environment elsewhere", "keeper/tick.ts", "const url = process.env.RPC_URL;"],
  ["the library reads the environment", "sdk/chain/encode.ts", 'const url = process["env"].RPC_URL;'],
  ["the environment, destructured", "cli/demo.ts", "const { env } = process;"],
  ["the environment, renamed", "web/server.ts", "const { env: settings } = globalThis.process;"],
  ["the environment, imported", "keeper/tick.ts", 'import { env as settings } from "node:process";'],
];

/** The neighbours of the above that are in order: a checker that refuses everything proves nothing. */
const PERMITTED: readonly (readonly [string, string, string])[] = [
  ["the vault imports an interface", "contracts/HedgedVault.sol", 'import {A} from "./interfaces/IHedge.sol";'],
  ["the factory imports the vault", "contracts/VaultFactory.sol", 'import {A} from "./HedgedVault.sol";'],
  ["the vault imports OpenZeppelin", "contracts/HedgedVault.sol", 'import {A} from "@openzeppelin/contracts/A.sol";'],
  ["a hedge imports its venue", "contracts/hedges/A.sol", 'import {B} from "../interfaces/external/IB.sol";'],
  ["an oracle imports another", "contracts/oracles/A.sol", 'import {B} from "./B.sol";'],
  ["a comment imports a hedge", "contracts/HedgedVault.sol", '// import {A} from "./hedges/A.sol";\n/* import "x"; */'],
  ["a test imports anything", "test/contracts/A.t.sol", 'import {B} from "../../contracts/lens/VaultLens.sol";'],
  ["math imports math and the errors", "sdk/math/lp.ts", 'import "./units.ts"; import { E } from "../errors.ts";'],
  ["math imports a distribution", "sdk/math/lp.ts", 'import x from "@stdlib/stats-base-dists-normal-cdf";'],
  ["the policy imports math", "sdk/policy/decide.ts", 'import { x } from "../math/lp.ts";'],
  ["the simulator runs the policy", "sdk/sim/engine.ts", 'import { decide } from "../policy/decide.ts";'],
  ["the chain imports ethers", "sdk/chain/encode.ts", 'import { ethers } from "ethers";'],
  ["the chain imports generated types", "sdk/chain/encode.ts", 'import type { V } from "../../types/index.ts";'],
  ["the chain imports the policy's types", "sdk/chain/encode.ts", 'import { type D } from "../policy/types.ts";'],
  ["the command line wires the keeper", "cli/demo.ts", 'import { tick } from "../keeper/tick.ts";'],
  ["a deployment imports Ignition", "cli/deploy/run.ts", 'import { deploy } from "@nomicfoundation/ignition-core";'],
  ["a deployment imports its modules", "cli/deploy/run.ts", 'import { x } from "../../scripts/modules/vault.ts";'],
  ["the twin imports Hardhat", "localnet/twin.ts", 'import hre from "hardhat";'],
  ["a test imports anything", "test/unit/x.test.ts", 'import { tick } from "../../keeper/tick.ts";'],
  ["the keeper's configuration reads the environment", "keeper/config.ts", "const url = process.env.RPC_URL;"],
  ["an indexer wires its handlers", "indexer/src/index.ts", 'import { C } from "./handlers/coverage.ts";'],
  ["another env", "sdk/chain/encode.ts", "const url = context.env.RPC_URL; const { pid } = process;"],
];

describe("architecture", () => {
  it("lets every source import only what its room may", () => {
    const violations = listSources().flatMap((file) =>
      findViolations(file, readFileSync(path.join(ROOT, file), "utf8")),
    );
    expect(violations).to.deep.equal([]);
  });

  it("looks at the sources of this tree", () => {
    expect(listSources()).to.include.members([
      "hardhat.config.ts",
      "contracts/types/VaultTypes.sol",
      "scripts/check.ts",
      "scripts/runtime.mjs",
      "test/architecture.test.ts",
    ]);
  });

  it("refuses every sample that breaks a rule", () => {
    const missed = FORBIDDEN.filter(([, file, source]) => findViolations(file, source).length !== 1);
    expect(missed.map(([what]) => what)).to.deep.equal([]);
  });

  it("accepts the neighbours of those samples", () => {
    const refused = PERMITTED.filter(([, file, source]) => findViolations(file, source).length > 0);
    expect(refused.map(([what]) => what)).to.deep.equal([]);
  });
});

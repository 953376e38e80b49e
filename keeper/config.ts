import { readFileSync } from "node:fs";

import { parseUnits } from "ethers";
import { z } from "zod";

import { HedgerowError } from "../sdk/errors.ts";
import type { PolicySettings } from "../sdk/policy/types.ts";
import { address, asBoolean, asList, notNegative, number, positive, text, whole } from "./configFields.ts";
import type { CarrySettings } from "./carry.ts";
import type { FeeFlowSettings } from "./feeFlow.ts";
import type { FeeLimits } from "./fees.ts";
import { dropUndefined, findContradiction, POLICY, toPolicy } from "./policyConfig.ts";
import { LOCAL_CHAIN_ID, type SignerSource } from "./signers.ts";
import type { SimulationBlock } from "./simulate.ts";
import type { RunningVolatilitySettings } from "../sdk/math/runningVolatility.ts";

/** Everything a keeper is told from outside, checked. Made by `loadConfig`. */
export interface KeeperConfig {
  /** undefined: the caller passes a provider. */
  readonly rpcUrl: string | undefined;
  readonly chainId: bigint;
  readonly lens: string;
  readonly vaults: readonly string[];
  /** undefined: dry run only, on behalf of `keeperAddress`. */
  readonly signer: SignerSource | undefined;
  readonly keeperAddress: string | undefined;
  readonly journalPath: string;
  /** False: everything is done but signing and sending. */
  readonly live: boolean;
  readonly fees: FeeLimits;
  readonly confirmationTimeoutMs: number;
  readonly receiptPollMs: number;
  readonly pollMs: number;
  readonly rpcTimeoutMs: number;
  readonly simulateAt: SimulationBlock;
  readonly finalityBlocks: number;
  readonly maxSnapshotAgeSeconds: number;
  readonly maxClockSkewSeconds: number;
  readonly maxTickAgeSeconds: number;
  readonly volatility: RunningVolatilitySettings;
  readonly sampleSeconds: number;
  readonly feeFlow: FeeFlowSettings;
  readonly carry: CarrySettings;
  readonly hedgeGasUnits: bigint;
  readonly wrappedNative: string;
  readonly nativePriceQuote: number | undefined;
  readonly settleRequests: number;
  readonly policy: PolicySettings;
  readonly logLevel: string;
  readonly keepTicksDays: number;
  /** Port of /healthz and /metrics on this machine only; undefined: none. */
  readonly healthPort: number | undefined;
}

/** One key of the configuration is wrong; the message names it, its value, and what to do. */
export class ConfigError extends HedgerowError {
  readonly key: string;

  constructor(key: string, message: string) {
    super(message);
    this.key = key;
  }
}

/** Canonical wrapped coins, by chain; the local twin carries mainnet's addresses. */
const WRAPPED_NATIVE: Readonly<Record<string, string>> = {
  "1": "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
  "31337": "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
  "42161": "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1",
};

/** Values that must not appear in an error. */
const SECRETS: readonly string[] = ["privateKey", "rpcUrl"];

const INPUT = z.strictObject({
  rpcUrl: text("the URL of a JSON-RPC endpoint")
    .regex(/^https?:\/\//, { error: "start with http:// or https://" })
    .optional(),
  chainId: whole("1 (the chain id)"),
  lens: address,
  vaults: z.preprocess(
    asList,
    z.array(address, { error: "list at least one vault" }).min(1, { error: "list at least one vault" }),
  ),
  keystore: text("the path of an encrypted keystore").optional(),
  keystorePasswordFile: text("the path of a file with the keystore's password").optional(),
  privateKey: text("0x and 64 hex digits").optional(),
  keeperAddress: address.optional(),
  journalPath: text("the path of the journal file").default("keeper.sqlite"),
  live: z.preprocess(asBoolean, z.boolean({ error: "be true or false" })).default(false),
  maxFeeGwei: positive("gwei").default(60),
  emergencyMaxFeeGwei: positive("gwei").default(500),
  maxPriorityFeeGwei: notNegative("gwei").default(2),
  confirmationTimeoutMs: positive("milliseconds").default(45_000),
  receiptPollMs: positive("milliseconds").default(1_000),
  pollMs: positive("milliseconds").default(4_000),
  rpcTimeoutMs: positive("milliseconds").default(10_000),
  simulateAt: z.enum(["latest", "pending"], { error: "be latest or pending" }).default("latest"),
  finalityBlocks: whole("blocks").default(64),
  maxSnapshotAgeSeconds: positive("seconds").default(60),
  maxClockSkewSeconds: positive("seconds").default(15),
  maxTickAgeSeconds: positive("seconds").default(180),
  volatilityPrior: positive("1 (0.7 = 70 % a year)").default(0.7),
  volatilityHalfLifeHours: positive("hours").default(24),
  volatilityPriorWeightHours: positive("hours").default(24),
  sampleSeconds: notNegative("seconds").default(60),
  feeHalfLifeHours: positive("hours").default(24),
  feeMinimumSpanHours: positive("hours").default(12),
  feeSampleSeconds: notNegative("seconds").default(300),
  carryMinimumSpanHours: positive("hours").default(2),
  hedgeGasUnits: whole("gas units").default(700_000),
  wrappedNative: address.optional(),
  nativePriceQuote: positive("quote units").optional(),
  settleRequests: whole("requests").default(10),
  policy: POLICY.default({}),
  logLevel: z
    .enum(["debug", "info", "warn", "error", "silent"], { error: "be debug, info, warn, error or silent" })
    .default("info"),
  keepTicksDays: positive("days").default(30),
  healthPort: number(
    "be a port, 0 to 65535",
    (value) => Number.isInteger(value) && value >= 0 && value < 65_536,
  ).optional(),
});

/** Raw values by key, e.g. from the command line; the same keys as in the file. */
export type ConfigInput = { readonly [K in keyof z.input<typeof INPUT>]?: unknown };

export interface ConfigSources {
  /** Strongest. A key that is undefined does not count. */
  readonly overrides?: ConfigInput;
  /** `HEDGEROW_MAX_FEE_GWEI` for maxFeeGwei and so on; RPC_URL stands in for HEDGEROW_RPC_URL. Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** JSON file; default: the one named by HEDGEROW_CONFIG, if any. */
  readonly file?: string;
}

/**
 * Reads and checks the configuration: overrides before environment before file before defaults.
 *
 * Throws ConfigError naming the first wrong key; never exits the process and never shows a secret.
 *
 * @example
 * const config = loadConfig({ overrides: { vaults: [vault], live: true } });
 */
export function loadConfig(sources: ConfigSources = {}): KeeperConfig {
  const env = sources.env ?? process.env;
  const path = sources.file ?? env["HEDGEROW_CONFIG"];
  const merged = {
    ...(path === undefined || path === "" ? {} : readFile(path)),
    ...readEnvironment(env),
    ...dropUndefined(sources.overrides ?? {}),
  };
  const parsed = INPUT.safeParse(merged);
  if (!parsed.success) throw toConfigError(parsed.error, merged);
  return toConfig(parsed.data);
}

function toConfig(input: z.output<typeof INPUT>): KeeperConfig {
  const chainId = BigInt(input.chainId);
  const fees = toFeeLimits(input);
  const signer = toSignerSource(input, chainId);
  if (input.live && signer === undefined) {
    throw new ConfigError(
      "keystore",
      "live is true but there is no key: set keystore and keystorePasswordFile, or leave live out for a dry run.",
    );
  }
  if (!input.live && signer === undefined && input.keeperAddress === undefined) {
    throw new ConfigError(
      "keeperAddress",
      "keeperAddress is missing; a dry run needs the address that holds the keeper role (or a keystore).",
    );
  }
  const wrappedNative = input.wrappedNative ?? WRAPPED_NATIVE[String(chainId)];
  if (wrappedNative === undefined) {
    throw new ConfigError(
      "wrappedNative",
      `wrappedNative is missing and not known for chain ${chainId}; set the address of the wrapped native coin.`,
    );
  }
  return {
    rpcUrl: input.rpcUrl,
    chainId,
    lens: input.lens,
    vaults: distinctVaults(input.vaults),
    signer,
    keeperAddress: input.keeperAddress,
    journalPath: input.journalPath,
    live: input.live,
    fees,
    confirmationTimeoutMs: input.confirmationTimeoutMs,
    receiptPollMs: input.receiptPollMs,
    pollMs: input.pollMs,
    rpcTimeoutMs: input.rpcTimeoutMs,
    simulateAt: input.simulateAt,
    finalityBlocks: input.finalityBlocks,
    maxSnapshotAgeSeconds: input.maxSnapshotAgeSeconds,
    maxClockSkewSeconds: input.maxClockSkewSeconds,
    maxTickAgeSeconds: input.maxTickAgeSeconds,
    volatility: {
      priorAnnual: input.volatilityPrior,
      halfLifeHours: input.volatilityHalfLifeHours,
      priorWeightHours: input.volatilityPriorWeightHours,
    },
    sampleSeconds: input.sampleSeconds,
    feeFlow: {
      halfLifeHours: input.feeHalfLifeHours,
      minimumSpanHours: input.feeMinimumSpanHours,
      sampleSeconds: input.feeSampleSeconds,
    },
    carry: { halfLifeHours: input.feeHalfLifeHours, minimumSpanHours: input.carryMinimumSpanHours },
    hedgeGasUnits: BigInt(input.hedgeGasUnits),
    wrappedNative,
    nativePriceQuote: input.nativePriceQuote,
    settleRequests: input.settleRequests,
    policy: checkPolicy(toPolicy(input.policy)),
    logLevel: input.logLevel,
    keepTicksDays: input.keepTicksDays,
    healthPort: input.healthPort,
  };
}

function toFeeLimits(input: z.output<typeof INPUT>): FeeLimits {
  if (input.emergencyMaxFeeGwei < input.maxFeeGwei) {
    const text = `emergencyMaxFeeGwei is ${input.emergencyMaxFeeGwei}; it must be at least maxFeeGwei, ${input.maxFeeGwei}. Raise it.`;
    throw new ConfigError("emergencyMaxFeeGwei", text);
  }
  return {
    maxFeePerGas: gweiToWei(input.maxFeeGwei),
    emergencyMaxFeePerGas: gweiToWei(input.emergencyMaxFeeGwei),
    maxPriorityFeePerGas: gweiToWei(input.maxPriorityFeeGwei),
  };
}

function toSignerSource(input: z.output<typeof INPUT>, chainId: bigint): SignerSource | undefined {
  const { keystore, keystorePasswordFile, privateKey } = input;
  if (privateKey !== undefined) {
    if (keystore !== undefined)
      throw new ConfigError("privateKey", "privateKey and keystore are both set; leave one out.");
    if (chainId !== LOCAL_CHAIN_ID) {
      throw new ConfigError(
        "privateKey",
        `privateKey is for local chains (${LOCAL_CHAIN_ID}) only, and chainId is ${chainId}; use keystore and keystorePasswordFile.`,
      );
    }
    return { kind: "localKey", privateKey };
  }
  if (keystore === undefined) return undefined;
  if (keystorePasswordFile === undefined) {
    if (!input.live && input.keeperAddress !== undefined) return undefined;
    throw new ConfigError(
      "keystorePasswordFile",
      "keystorePasswordFile is missing; set the path of a file that holds the keystore's password.",
    );
  }
  return { kind: "keystore", path: keystore, passwordFile: keystorePasswordFile };
}

function checkPolicy(policy: PolicySettings): PolicySettings {
  const contradiction = findContradiction(policy);
  if (contradiction !== undefined) throw new ConfigError(contradiction.key, contradiction.text);
  return policy;
}

function distinctVaults(vaults: readonly string[]): readonly string[] {
  const twice = vaults.find((vault, i) => vaults.indexOf(vault) !== i);
  if (twice !== undefined) throw new ConfigError("vaults", `vaults lists ${twice} twice; list it once.`);
  return vaults;
}

// --- sources

/** HEDGEROW_MAX_FEE_GWEI for maxFeeGwei. */
function environmentName(key: string): string {
  return `HEDGEROW_${key.replaceAll(/([A-Z])/g, "_$1").toUpperCase()}`;
}

function readEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const key of Object.keys(INPUT.shape)) {
    const value = env[environmentName(key)] ?? (key === "rpcUrl" ? env["RPC_URL"] : undefined);
    if (value === undefined || value === "") continue;
    found[key] = key === "policy" ? parseJson("HEDGEROW_POLICY", value) : value;
  }
  return found;
}

function readFile(path: string): Record<string, unknown> {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new ConfigError(
      "HEDGEROW_CONFIG",
      `The configuration file ${path} cannot be read (${code}). Check the path and its permissions.`,
    );
  }
  const parsed = parseJson(path, content);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new ConfigError(
      "HEDGEROW_CONFIG",
      `The configuration file ${path} holds no JSON object. Write { "lens": "0x…", … }.`,
    );
  }
  return { ...parsed };
}

function parseJson(source: string, content: string): unknown {
  try {
    return JSON.parse(content) as unknown;
  } catch {
    // The parser quotes what it read, and that may be a key.
    throw new ConfigError(source, `${source} is not valid JSON. Check commas and quotes.`);
  }
}

// --- errors

function toConfigError(error: z.ZodError, merged: Record<string, unknown>): ConfigError {
  const [issue] = error.issues;
  if (issue === undefined) return new ConfigError("configuration", "The configuration is not valid.");
  if (issue.code === "unrecognized_keys") {
    const key = [...issue.path, issue.keys[0]].join(".");
    return new ConfigError(key, `${key} is not a known key of the configuration; remove it or correct its spelling.`);
  }
  const key = issue.path.join(".");
  const value = issue.path.reduce<unknown>((at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part], {
    ...merged,
    vaults: asList(merged["vaults"]),
  });
  const root = String(issue.path[0]);
  const where = `Set ${key} in the configuration file${issue.path.length === 1 ? ` or ${environmentName(root)}` : ""}.`;
  if (value === undefined) return new ConfigError(key, `${key} is missing; it must ${issue.message}. ${where}`);
  const shown = SECRETS.includes(root) ? "not usable" : JSON.stringify(value);
  return new ConfigError(key, `${key} is ${shown}; it must ${issue.message}. ${where}`);
}

function gweiToWei(gwei: number): bigint {
  return parseUnits(gwei.toFixed(9), 9);
}

import { readFileSync } from "node:fs";

import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import { defaultOracleSettings, defaultPolicyParams, defaultVolatilitySettings } from "../../sdk/chain/vaultSpec.ts";
import { display } from "../deployment.ts";
import { UsageError } from "../errors.ts";

const address = z.string().refine(isAddress, "must be an address: 0x and 40 hex digits").transform(getAddress);
const whole = z.number().int().nonnegative();

/** A token by its symbol in the network's table, or one that is not in it. */
const token = z.union([
  z.string().min(1),
  z.strictObject({ symbol: z.string().min(1), address, decimals: whole.max(18), feed: z.string().min(1) }),
]);

/** Numbers under the names of the defaults, each optional. */
function numbersLike<Names extends string, Value extends z.ZodType>(
  defaults: Readonly<Record<Names, unknown>>,
  value: Value,
) {
  const names = Object.keys(defaults) as Names[];
  return z.strictObject(
    Object.fromEntries(names.map((name) => [name, value.optional()])) as Record<Names, z.ZodOptional<Value>>,
  );
}

const bigWhole = z
  .union([z.number().int().nonnegative(), z.string().regex(/^\d+$/, "must be a whole number")])
  .transform((value) => BigInt(value));

const schema = z.strictObject({
  $comment: z.union([z.string(), z.array(z.string())]).optional(),
  name: z.string().min(1),
  symbol: z.string().min(1),
  base: token,
  quote: token,
  feePips: z.union([z.literal(100), z.literal(500), z.literal(3_000), z.literal(10_000)]),
  hedges: z.array(z.enum(["aaveV3", "gmxV2"])).min(1),
  depositCap: z.string().regex(/^\d+(\.\d+)?$/, 'must be an amount in whole tokens, such as "50000"'),
  roles: z
    .strictObject({
      admin: address.optional(),
      keeper: address.optional(),
      guardian: address.optional(),
      adminDelaySeconds: whole.optional(),
    })
    .default({}),
  fees: z.strictObject({ recipient: address, managementBps: whole, performanceBps: whole }).optional(),
  policy: numbersLike(defaultPolicyParams, bigWhole).default({}),
  oracle: numbersLike(defaultOracleSettings, whole).default({}),
  volatility: numbersLike(defaultVolatilitySettings, whole).default({}),
  venues: z
    .strictObject({
      pool: address.optional(),
      baseFeed: address.optional(),
      quoteFeed: address.optional(),
      gmxMarket: address.optional(),
    })
    .default({}),
});

/** A vault to be, as its file describes it: docs/deploy.md lists every key. */
export type VaultSpecFile = z.infer<typeof schema>;

/** Reads a vault's description. Throws {@link UsageError} that lists everything that is wrong with the file. */
export function readVaultSpec(file: string): VaultSpecFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new UsageError(`--vault ${display(file)} cannot be read (${code}). presets/ has one for every network.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UsageError(`--vault ${display(file)} is not JSON. Correct it; presets/ has one for every network.`);
  }
  return parseVaultSpec(json, display(file));
}

/** The same from parsed JSON. */
export function parseVaultSpec(json: unknown, file: string): VaultSpecFile {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw new UsageError(`${file} describes no vault (${issues.join("; ")}). docs/deploy.md lists every key.`);
}

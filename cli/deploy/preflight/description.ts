import { ZeroAddress } from "ethers";

import { problem, warning, type Check, type Finding } from "./types.ts";

const MAX_NAME_BYTES = 31; // OpenZeppelin's ShortStrings
const MAX_MANAGEMENT_BPS = 200;
const MAX_PERFORMANCE_BPS = 2_000;
const PIPS_PER_BPS = 100;
const MAX_SLIPPAGE_BPS = 500n;
/** An hour at least: less is no time to see an announcement. */
const SHORT_DELAY_SECONDS = 3_600;

/** What the vault's own description says, without asking anybody. */
export const checkDescription: Check = ({ vault, deployer }) => [
  ...checkNames(vault.name, vault.symbol),
  ...checkRoles(vault.roles, deployer, vault.network.isPublic),
  ...checkFees(vault.fees),
  ...checkPolicy(vault),
];

function checkNames(name: string, symbol: string): readonly Finding[] {
  return Object.entries({ name, symbol }).flatMap(([what, text]) => {
    const bytes = Buffer.byteLength(text);
    if (bytes <= MAX_NAME_BYTES) return [];
    return [
      problem(
        `${what}-too-long`,
        `The ${what} ${JSON.stringify(text)} has ${bytes} bytes. Shorten it to ${MAX_NAME_BYTES}.`,
      ),
    ];
  });
}

function checkRoles(
  {
    admin,
    keeper,
    guardian,
    adminDelaySeconds,
  }: { admin: string; keeper: string; guardian: string; adminDelaySeconds: number },
  deployer: string,
  isPublic: boolean,
): readonly Finding[] {
  if (!isPublic) return [];
  const findings: Finding[] = [];
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  if (same(admin, deployer)) {
    findings.push(
      problem(
        "admin-is-deployer",
        `The admin ${admin} is the account that deploys, whose key is on this machine. Give --admin of a timelock, a Safe or a hardware wallet.`,
      ),
    );
  }
  const pairs = [
    ["admin", admin, "keeper", keeper],
    ["admin", admin, "guardian", guardian],
    ["keeper", keeper, "guardian", guardian],
  ] as const;
  for (const [one, first, other, second] of pairs) {
    if (!same(first, second)) continue;
    findings.push(
      problem(
        "roles-not-distinct",
        `${first} is ${one} and ${other}: one stolen key would be both. Give --${other} another address.`,
      ),
    );
  }
  for (const [role, who] of Object.entries({ admin, keeper, guardian })) {
    if (!same(who, ZeroAddress)) continue;
    findings.push(
      problem("role-is-nobody", `The ${role} is the zero address. Give --${role} an address that somebody holds.`),
    );
  }
  if (adminDelaySeconds === 0) {
    findings.push(
      problem(
        "no-admin-delay",
        "The admin has no delay: nobody would see a change before it counts. Give --admin-delay-seconds 172800.",
      ),
    );
  } else if (adminDelaySeconds < SHORT_DELAY_SECONDS) {
    findings.push(
      warning(
        "short-admin-delay",
        `The admin's delay is ${adminDelaySeconds} s; depositors have that long to leave. Consider two days (172800).`,
      ),
    );
  }
  return findings;
}

function checkFees({
  feeRecipient,
  managementBps,
  performanceBps,
}: {
  feeRecipient: string;
  managementBps: number;
  performanceBps: number;
}): readonly Finding[] {
  const findings: Finding[] = [];
  if (managementBps > MAX_MANAGEMENT_BPS || performanceBps > MAX_PERFORMANCE_BPS) {
    findings.push(
      problem(
        "fees-too-high",
        `Fees of ${managementBps} bps a year and ${performanceBps} bps of gains are above what the contract allows. Set at most ${MAX_MANAGEMENT_BPS} and ${MAX_PERFORMANCE_BPS}.`,
      ),
    );
  }
  const hasFees = managementBps > 0 || performanceBps > 0;
  if (hasFees && feeRecipient === ZeroAddress) {
    findings.push(
      problem(
        "no-fee-recipient",
        "The vault has fees and nobody who gets them. Set fees.recipient, or both rates to 0.",
      ),
    );
  }
  return findings;
}

/** Bounds of the contracts' constructors and setters: contracts/RiskPolicy.sol and contracts/oracles. */
const BOUNDS: Readonly<Record<string, readonly [min: bigint, max: bigint]>> = {
  "policy.maxDeltaBps": [1n, 5_000n],
  "policy.maxLossBpsPerDay": [1n, 1_000n],
  "policy.maxTurnoverBpsPerDay": [1n, 1_000_000n],
  "policy.minRangeTicks": [20n, 20_000n],
  "policy.cooldownSeconds": [0n, 86_400n],
  "policy.exitDelaySeconds": [0n, 1_209_600n],
  "policy.keeperGraceSeconds": [300n, 604_800n],
  "policy.healthFloorWad": [1_020_000_000_000_000_000n, 5_000_000_000_000_000_000n],
  "policy.healthPerVolatilityBps": [0n, 10_000n],
  "oracle.baseHeartbeatSeconds": [1n, 172_800n],
  "oracle.quoteHeartbeatSeconds": [1n, 172_800n],
  "oracle.sequencerGraceSeconds": [0n, 172_800n],
  "oracle.twapWindowSeconds": [1n, 86_400n],
  "oracle.maxSpotDeviationBps": [1n, 2_000n],
  "oracle.maxTwapDeviationBps": [1n, 2_000n],
  "oracle.maxDepegBps": [1n, 2_000n],
  "oracle.bandBps": [0n, 500n],
  "volatility.windowSeconds": [3_600n, 604_800n],
  "volatility.intervals": [4n, 48n],
};

function checkPolicy({ policy, oracle, volatility, feePips }: Parameters<Check>[0]["vault"]): readonly Finding[] {
  const values = Object.entries({ policy, oracle, volatility }).flatMap(([group, entries]) =>
    Object.entries(entries as Readonly<Record<string, string | number | bigint>>).map(
      ([key, value]) => [`${group}.${key}`, value] as const,
    ),
  );
  const findings = values.flatMap(([key, value]) => {
    const [min, max] = BOUNDS[key] ?? [];
    if (min === undefined || max === undefined || (BigInt(value) >= min && BigInt(value) <= max)) return [];
    return [problem("setting-out-of-bounds", `${key} is ${value}. The contract takes ${min} to ${max}.`)];
  });
  const feeBps = BigInt(Math.ceil(feePips / PIPS_PER_BPS));
  if (policy.maxSlippageBps <= feeBps || policy.maxSlippageBps > MAX_SLIPPAGE_BPS) {
    findings.push(
      problem(
        "slippage-out-of-bounds",
        `policy.maxSlippageBps is ${policy.maxSlippageBps}. It must be above the pool's fee of ${feeBps} bps, which every swap pays, and at most ${MAX_SLIPPAGE_BPS}.`,
      ),
    );
  }
  if (policy.emergencyDeltaBps < policy.maxDeltaBps || policy.emergencyDeltaBps > 10_000n) {
    findings.push(
      problem(
        "emergency-band-inside",
        `policy.emergencyDeltaBps is ${policy.emergencyDeltaBps}. It must be from maxDeltaBps (${policy.maxDeltaBps}) to 10000: inside the keeper's own band nothing is an emergency.`,
      ),
    );
  }
  return findings;
}

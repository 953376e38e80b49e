import { ZeroAddress, getAddress } from "ethers";

import type { SystemAddresses, SystemVenues } from "../../sdk/chain/deployment.ts";
import type { NetworkDescription, NetworkToken } from "../../sdk/chain/networks/types.ts";
import { computePoolAddress, sortTokens } from "../../sdk/chain/networks/uniswap.ts";
import type { Roles } from "../../sdk/chain/roles.ts";
import {
  defaultOracleSettings,
  defaultPolicyParams,
  defaultVolatilitySettings,
  gmxV2HedgeSpec,
  type VaultOptions,
  type Venues,
} from "../../sdk/chain/vaultSpec.ts";
import type { PolicyParams } from "../../sdk/policy/types.ts";
import { parseAmount } from "../amount.ts";
import { UsageError } from "../errors.ts";
import type { VaultSpecFile } from "./spec.ts";

export type HedgeVenue = VaultSpecFile["hedges"][number];

/** A vault to be with every address and number in it; what a deployment, its preflight and its dry run all start from. */
export interface ResolvedVault {
  readonly network: NetworkDescription;
  readonly name: string;
  readonly symbol: string;
  readonly base: NetworkToken;
  readonly quote: NetworkToken;
  readonly feePips: number;
  readonly venues: Venues;
  readonly systemVenues: SystemVenues;
  readonly hedges: readonly HedgeVenue[];
  /** Market of the hedge on GMX; undefined without one. */
  readonly gmxMarket: string | undefined;
  readonly roles: Roles;
  readonly depositCapQuote: bigint;
  readonly fees: { readonly feeRecipient: string; readonly managementBps: number; readonly performanceBps: number };
  readonly policy: PolicyParams;
  readonly oracle: Readonly<Record<keyof typeof defaultOracleSettings, number>> & { readonly sequencerFeed: string };
  readonly volatility: Readonly<Record<keyof typeof defaultVolatilitySettings, number>>;
}

/** Roles that the command line names; they go before those of the file. */
export interface RoleOptions {
  readonly admin?: string;
  readonly keeper?: string;
  readonly guardian?: string;
  readonly adminDelaySeconds?: number;
}

/** A late round is no failure: Chainlink's nodes take a while to agree. */
const BASE_FEED_TOLERANCE_SECONDS = 300;
const QUOTE_FEED_TOLERANCE_SECONDS = 600;
/** Two days: an admin's mistake or stolen key is seen before it counts. */
const DEFAULT_ADMIN_DELAY_SECONDS = 172_800;

/**
 * Fills a vault's description with the addresses of its network. Reads nothing from the chain.
 *
 * Throws {@link UsageError} where the network has no such token, feed or venue, or a role is missing.
 */
export function resolveVault(spec: VaultSpecFile, network: NetworkDescription, given: RoleOptions = {}): ResolvedVault {
  const base = findToken(spec.base, "base", network);
  const quote = findToken(spec.quote, "quote", network);
  const baseFeed = findFeed(base, spec.venues.baseFeed, network);
  const quoteFeed = findFeed(quote, spec.venues.quoteFeed, network);
  const [token0, token1] = sortTokens(base.address, quote.address);
  const venues: Venues = {
    base: base.address,
    quote: quote.address,
    pool: spec.venues.pool ?? computePoolAddress(network.uniswapV3Factory, token0, token1, spec.feePips),
    token0,
    token1,
    baseDecimals: base.decimals,
    quoteDecimals: quote.decimals,
    aavePool: network.aaveV3.pool,
    ...findReserves(spec, base, quote, network),
    baseFeed: baseFeed.address,
    quoteFeed: quoteFeed.address,
  };
  return {
    network,
    name: spec.name,
    symbol: spec.symbol,
    base,
    quote,
    feePips: spec.feePips,
    venues,
    systemVenues: {
      uniswapV3Factory: network.uniswapV3Factory,
      aavePool: network.aaveV3.pool,
      ...(network.gmxV2 === undefined ? {} : { gmxV2: network.gmxV2.venue }),
    },
    hedges: spec.hedges,
    gmxMarket: spec.hedges.includes("gmxV2") ? findGmxMarket(spec, base, quote, network) : undefined,
    roles: findRoles(spec, given),
    depositCapQuote: parseAmount(spec.depositCap, quote.decimals, quote.symbol),
    fees: {
      feeRecipient: spec.fees?.recipient ?? ZeroAddress,
      managementBps: spec.fees?.managementBps ?? 0,
      performanceBps: spec.fees?.performanceBps ?? 0,
    },
    policy: { ...defaultPolicyParams, ...definedOf(spec.policy) },
    oracle: {
      ...defaultOracleSettings,
      baseHeartbeatSeconds: baseFeed.heartbeatSeconds + BASE_FEED_TOLERANCE_SECONDS,
      quoteHeartbeatSeconds: quoteFeed.heartbeatSeconds + QUOTE_FEED_TOLERANCE_SECONDS,
      ...definedOf(spec.oracle),
      sequencerFeed: network.sequencerFeed ?? ZeroAddress,
    },
    volatility: { ...defaultVolatilitySettings, ...definedOf(spec.volatility) },
  };
}

/** What the factory is told, once the code that the network's vaults share has addresses. */
export function vaultOptionsOf(vault: ResolvedVault, system: SystemAddresses): VaultOptions {
  const { name, symbol, depositCapQuote, policy, oracle, volatility, fees, hedges, gmxMarket, venues } = vault;
  const { gmxV2Implementation } = system;
  if (gmxMarket !== undefined && gmxV2Implementation === undefined) {
    throw new UsageError(
      `The code deployed on ${vault.network.title} has no hedge on GMX v2. Deploy the system anew under another --deployments.`,
    );
  }
  return {
    name,
    symbol,
    depositCapQuote,
    policy,
    oracle,
    volatility,
    fees,
    aave: hedges.includes("aaveV3"),
    hedges:
      gmxMarket === undefined || gmxV2Implementation === undefined
        ? []
        : [gmxV2HedgeSpec(gmxV2Implementation, venues, gmxMarket)],
  };
}

function findToken(wanted: VaultSpecFile["base"], role: string, network: NetworkDescription): NetworkToken {
  if (typeof wanted !== "string") return wanted;
  const found = network.tokens.find(({ symbol, address }) =>
    [symbol, address.toLowerCase()].includes(matchable(wanted)),
  );
  if (found !== undefined) return found;
  const known = network.tokens.map(({ symbol }) => symbol).join(", ");
  throw new UsageError(
    `The ${role} ${wanted} is not in the table of ${network.title} (${known}). Write {"symbol", "address", "decimals", "feed"} for another token.`,
  );
}

/** Symbols as they are, addresses without their checksum. */
function matchable(text: string): string {
  return text.startsWith("0x") ? text.toLowerCase() : text;
}

function findFeed(token: NetworkToken, named: string | undefined, network: NetworkDescription) {
  const known = network.feeds[token.feed];
  if (named !== undefined) return { address: named, heartbeatSeconds: known?.heartbeatSeconds ?? 86_400 };
  if (known !== undefined) return { address: getAddress(known.address), heartbeatSeconds: known.heartbeatSeconds };
  throw new UsageError(
    `No Chainlink feed "${token.feed}" is known on ${network.title} for ${token.symbol}. Name its address under venues in the vault's file.`,
  );
}

function findReserves(
  spec: VaultSpecFile,
  base: NetworkToken,
  quote: NetworkToken,
  network: NetworkDescription,
): Pick<Venues, "quoteAToken" | "baseDebtToken"> {
  // Nobody reads them where the vault has no loan.
  if (!spec.hedges.includes("aaveV3")) return { quoteAToken: ZeroAddress, baseDebtToken: ZeroAddress };
  const reserveOf = (token: NetworkToken) => {
    const found = network.aaveV3.reserves.find(({ asset }) => asset.toLowerCase() === token.address.toLowerCase());
    if (found !== undefined) return found;
    throw new UsageError(
      `Aave v3 on ${network.title} does not lend ${token.symbol} (${token.address}). Choose a token that it lends, or leave aaveV3 out of hedges.`,
    );
  };
  return { quoteAToken: reserveOf(quote).aToken, baseDebtToken: reserveOf(base).variableDebtToken };
}

function findGmxMarket(
  spec: VaultSpecFile,
  base: NetworkToken,
  quote: NetworkToken,
  network: NetworkDescription,
): string {
  if (network.gmxV2 === undefined) {
    throw new UsageError(
      `GMX v2 is not on ${network.title}. Leave gmxV2 out of hedges, or choose an Arbitrum network.`,
    );
  }
  if (spec.venues.gmxMarket !== undefined) return spec.venues.gmxMarket;
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  const found = network.gmxV2.markets.find(
    ({ indexToken, longToken, shortToken }) =>
      same(indexToken, base.address) && same(longToken, base.address) && same(shortToken, quote.address),
  );
  if (found !== undefined) return found.market;
  throw new UsageError(
    `GMX v2 on ${network.title} has no market ${base.symbol}/USD of ${base.symbol} (${base.address}) and ${quote.symbol} (${quote.address}). Choose other tokens, or leave gmxV2 out of hedges.`,
  );
}

function findRoles(spec: VaultSpecFile, given: RoleOptions): Roles {
  const named = { ...definedOf(spec.roles), ...definedOf(given) };
  const { admin, keeper, guardian } = named;
  const missing = Object.entries({ admin, keeper, guardian }).flatMap(([role, who]) =>
    who === undefined ? [role] : [],
  );
  if (admin === undefined || keeper === undefined || guardian === undefined) {
    throw new UsageError(
      `Who is ${missing.join(", ")}? Give ${missing.map((role) => `--${role} ADDRESS`).join(" ")}, or name them under roles in the vault's file.`,
    );
  }
  return { admin, keeper, guardian, adminDelaySeconds: named.adminDelaySeconds ?? DEFAULT_ADMIN_DELAY_SECONDS };
}

/** Only what has a value: an option that was not given must not overwrite. */
function definedOf<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

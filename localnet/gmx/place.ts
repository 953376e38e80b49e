import { gmxKey } from "../../sdk/chain/gmxKeys.ts";
import { type Artifact, initCodeOf, localArtifact } from "../artifacts.ts";
import { ACTORS } from "../actors.ts";
import { constructAt } from "../place/install.ts";
import { mintToken } from "../place/tokens.ts";
import { toRaw } from "../price.ts";
import type { Twin } from "../twin.ts";
import { GMX_ARBITRUM } from "./addresses.ts";
import { GMX_GENERAL, GMX_MARKET, GMX_MARKET_BY_SIDE, GMX_PNL_FACTORS, gmxFieldKey } from "./config.ts";

/** What the liquidity providers of the market hold: 10,000 WETH and $40M. */
const POOL_BASE = 10_000;
const POOL_QUOTE = 40_000_000;

const ROLES = ["CONTROLLER", "ORDER_KEEPER", "LIQUIDATION_KEEPER", "ADL_KEEPER"] as const;

/** Contracts of the simulator: those at GMX's addresses on Arbitrum and those that GMX redeploys. */
export interface GmxV2SimulatorAddresses {
  readonly exchangeRouter: string;
  readonly reader: string;
  readonly dataStore: string;
  readonly orderVault: string;
  readonly router: string;
  readonly eventEmitter: string;
  readonly referralStorage: string;
  readonly market: string;
  readonly roleStore: string;
  readonly oracle: string;
  readonly orderHandler: string;
  /** Holds every role of the venue: configures it and plays its keepers. Impersonated. */
  readonly keeper: string;
}

/**
 * Places the simulator of GMX v2 on a twin, at the addresses of the venue on Arbitrum, with one market on the twin's WETH and
 * USDC, configured like ETH/USD there.
 *
 * @throws HardhatError when the simulator is not compiled.
 * @example
 * const gmx = await placeGmxV2Simulator(twin);
 */
export async function placeGmxV2Simulator(twin: Twin): Promise<GmxV2SimulatorAddresses> {
  const { rpc, market } = twin;
  const keeper = ACTORS.deployer;
  await rpc.impersonate(keeper);
  const artifact = (name: string): Promise<Artifact> => localArtifact(`GmxV2Simulator${name}`);
  const deploy = async (
    name: string,
    args: readonly unknown[] = [],
    libraries: Readonly<Record<string, string>> = {},
  ): Promise<string> => await rpc.deploy(keeper, initCodeOf(await artifact(name), args, libraries));
  const construct = async (
    address: string,
    name: string,
    args: readonly unknown[] = [],
    libraries: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    await constructAt(rpc, address, keeper, initCodeOf(await artifact(name), args, libraries));
  };

  const records = await deploy("Records");
  const pricing = await deploy("Market", [], { GmxV2SimulatorRecords: records });
  const linked = { GmxV2SimulatorRecords: records, GmxV2SimulatorMarket: pricing };
  const positions = await deploy("Positions", [], linked);
  const libraries = { ...linked, GmxV2SimulatorPositions: positions };

  const roleStore = await deploy("RoleStore", [keeper]);
  await construct(GMX_ARBITRUM.dataStore, "DataStore", [roleStore]);
  await construct(GMX_ARBITRUM.eventEmitter, "EventEmitter", [roleStore]);
  await construct(GMX_ARBITRUM.router, "Router", [roleStore]);
  await construct(GMX_ARBITRUM.orderVault, "Bank", [roleStore, market.base]);
  await construct(GMX_ARBITRUM.marketEthUsd, "Bank", [roleStore, market.base]);
  await construct(GMX_ARBITRUM.reader, "Reader", [], libraries);
  const oracle = await deploy("Oracle", [roleStore, GMX_ARBITRUM.dataStore]);
  const orderHandler = await deploy(
    "OrderHandler",
    [
      {
        roleStore,
        dataStore: GMX_ARBITRUM.dataStore,
        eventEmitter: GMX_ARBITRUM.eventEmitter,
        oracle,
        orderVault: GMX_ARBITRUM.orderVault,
        wnt: market.base,
      },
    ],
    libraries,
  );
  await construct(GMX_ARBITRUM.exchangeRouter, "ExchangeRouter", [
    GMX_ARBITRUM.dataStore,
    orderHandler,
    GMX_ARBITRUM.router,
    market.base,
  ]);

  const roleAbi = (await artifact("RoleStore")).abi;
  const grant = (account: string, role: string): Promise<string> =>
    rpc.write(keeper, roleStore, roleAbi, "grantRole", [account, gmxKey(role)]);
  for (const role of ROLES) await grant(keeper, role);
  for (const account of [GMX_ARBITRUM.exchangeRouter, orderHandler]) await grant(account, "CONTROLLER");
  await grant(GMX_ARBITRUM.exchangeRouter, "ROUTER_PLUGIN");

  await configure(twin, keeper, (await artifact("DataStore")).abi);
  for (const [token, amount] of [
    [market.base, toRaw(POOL_BASE, market.baseDecimals)],
    [market.quote, toRaw(POOL_QUOTE, market.quoteDecimals)],
  ] as const) {
    await mintToken(rpc, token, GMX_ARBITRUM.marketEthUsd, amount);
  }
  return { ...GMX_ARBITRUM, market: GMX_ARBITRUM.marketEthUsd, roleStore, oracle, orderHandler, keeper };
}

async function configure(twin: Twin, keeper: string, abi: Artifact["abi"]): Promise<void> {
  const { rpc, market } = twin;
  const gmxMarket = GMX_ARBITRUM.marketEthUsd;
  const set = (kind: "Uint" | "Address" | "Bool", key: string, value: unknown): Promise<string> =>
    rpc.write(keeper, GMX_ARBITRUM.dataStore, abi, `set${kind}`, [key, value]);
  const ofMarket = ["address", gmxMarket] as const;
  for (const [name, value] of Object.entries(GMX_GENERAL)) await set("Uint", gmxKey(name), value);
  await set("Bool", gmxKey("SKIP_BORROWING_FEE_FOR_SMALLER_SIDE"), true);
  await set("Address", gmxKey("WNT"), market.base);
  for (const [name, value] of Object.entries(GMX_MARKET)) await set("Uint", gmxKey(name, ofMarket), value);
  for (const [name, values] of Object.entries(GMX_MARKET_BY_SIDE)) {
    for (const side of ["true", "false"] as const) {
      await set("Uint", gmxKey(name, ofMarket, ["bool", side === "true"]), values[side]);
    }
  }
  for (const [name, value] of Object.entries(GMX_PNL_FACTORS)) {
    for (const isLong of [true, false]) {
      await set("Uint", gmxKey("MAX_PNL_FACTOR", ["bytes32", gmxKey(name)], ofMarket, ["bool", isLong]), value);
    }
  }
  const tokens = {
    MARKET_TOKEN: gmxMarket,
    INDEX_TOKEN: market.base,
    LONG_TOKEN: market.base,
    SHORT_TOKEN: market.quote,
  };
  for (const [name, token] of Object.entries(tokens)) {
    await set("Address", gmxFieldKey(`0x${gmxMarket.slice(2).padStart(64, "0")}`, name), token);
  }
  await set("Uint", gmxKey("POOL_AMOUNT", ofMarket, ["address", market.base]), toRaw(POOL_BASE, market.baseDecimals));
  await set(
    "Uint",
    gmxKey("POOL_AMOUNT", ofMarket, ["address", market.quote]),
    toRaw(POOL_QUOTE, market.quoteDecimals),
  );
}

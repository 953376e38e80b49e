import { ZeroAddress, parseUnits } from "ethers";

import { ACTORS } from "../actors.ts";
import { DEPLOYERS } from "../addresses.ts";
import { aaveArtifact, initCodeOf } from "../artifacts.ts";
import { abiOf, type Rpc } from "../rpc.ts";
import type { TwinReserve } from "../types.ts";
import { constructAt } from "./install.ts";
import { approveMax, mintToken } from "./tokens.ts";

const PROVIDER_ABI = abiOf([
  "function setACLAdmin(address newAclAdmin)",
  "function setACLManager(address newAclManager)",
  "function setPoolImpl(address newPoolImpl)",
  "function setPoolConfiguratorImpl(address newPoolConfiguratorImpl)",
  "function setPriceOracle(address newPriceOracle)",
  "function setPoolDataProvider(address newDataProvider)",
  "function getPool() view returns (address)",
  "function getPoolConfigurator() view returns (address)",
]);
const ACL_ABI = abiOf(["function addPoolAdmin(address admin)"]);
const ORACLE_ABI = abiOf(["function setAssetSources(address[] assets, address[] sources)"]);
const CONFIGURATOR_ABI = aaveArtifact("protocol/pool/PoolConfigurator").abi;
const POOL_ABI = abiOf([
  "function supply(address asset, uint256 amount, address onBehalfOf, uint16 referralCode)",
  "function borrow(address asset, uint256 amount, uint256 interestRateMode, uint16 referralCode, address onBehalfOf)",
]);
const DATA_PROVIDER_ABI = abiOf([
  "function getReserveTokensAddresses(address asset) view returns (address aTokenAddress, address stableDebtTokenAddress, address variableDebtTokenAddress)",
]);

const VARIABLE_RATE = 2;
const ray = (percent: string): bigint => parseUnits(percent, 25);

/** Risk and rate parameters of a reserve; percentages are of 100, bps of 10,000. */
interface ReserveProfile {
  readonly ltvBps: number;
  readonly liquidationThresholdBps: number;
  /** 10_500 = a liquidator receives 5 % more than it repays. */
  readonly liquidationBonusBps: number;
  readonly reserveFactorBps: number;
  readonly optimalUsagePercent: string;
  readonly slope1Percent: string;
  readonly slope2Percent: string;
  /** Share of the supply that the twin's lender borrows, which sets the starting rate. */
  readonly seededUsageBps: bigint;
}

/** Close to mainnet WETH: about 2 % to borrow at two thirds usage. */
export const VOLATILE_PROFILE: ReserveProfile = {
  ltvBps: 8_050,
  liquidationThresholdBps: 8_300,
  liquidationBonusBps: 10_500,
  reserveFactorBps: 1_500,
  optimalUsagePercent: "90",
  slope1Percent: "2.7",
  slope2Percent: "80",
  seededUsageBps: 6_670n,
};

/** Close to mainnet USDC: about 4.8 % to borrow and 3.4 % for suppliers at 80 % usage. */
export const STABLE_PROFILE: ReserveProfile = {
  ltvBps: 7_500,
  liquidationThresholdBps: 7_800,
  liquidationBonusBps: 10_450,
  reserveFactorBps: 1_000,
  optimalUsagePercent: "92",
  slope1Percent: "5.5",
  slope2Percent: "60",
  seededUsageBps: 8_000n,
};

const LIQUIDATION_PROTOCOL_FEE_BPS = 1_000;

/** What a listing needs to know of the market it joins. */
export interface AaveMarket {
  readonly aTokenImpl: string;
  readonly stableDebtTokenImpl: string;
  readonly variableDebtTokenImpl: string;
}

const library = (name: string) => aaveArtifact(`protocol/libraries/logic/${name}`);

/** Aave v3 without reserves, at its mainnet addresses. */
export async function placeAave(rpc: Rpc): Promise<AaveMarket> {
  const admin = DEPLOYERS.aaveGovernance;
  const provider = rpc.addresses.aavePoolAddressesProvider;
  await rpc.impersonate(ACTORS.deployer);
  const deploy = (initCode: string): Promise<string> => rpc.deploy(ACTORS.deployer, initCode);
  const administer = (method: string, value: string): Promise<string> =>
    rpc.write(admin, provider, PROVIDER_ABI, method, [value]);

  // Nonce 1 after construction: the provider's next two creations are the Pool and Configurator proxies.
  await constructAt(
    rpc,
    provider,
    admin,
    initCodeOf(aaveArtifact("protocol/configuration/PoolAddressesProvider"), ["Aave Ethereum Market", admin]),
  );

  const BorrowLogic = await deploy(initCodeOf(library("BorrowLogic")));
  const poolImpl = await deploy(
    initCodeOf(aaveArtifact("protocol/pool/Pool"), [provider], {
      BorrowLogic,
      BridgeLogic: await deploy(initCodeOf(library("BridgeLogic"))),
      EModeLogic: await deploy(initCodeOf(library("EModeLogic"))),
      FlashLoanLogic: await deploy(initCodeOf(library("FlashLoanLogic"), [], { BorrowLogic })),
      LiquidationLogic: await deploy(initCodeOf(library("LiquidationLogic"))),
      PoolLogic: await deploy(initCodeOf(library("PoolLogic"))),
      SupplyLogic: await deploy(initCodeOf(library("SupplyLogic"))),
    }),
  );
  const configuratorImpl = await deploy(
    initCodeOf(aaveArtifact("protocol/pool/PoolConfigurator"), [], {
      ConfiguratorLogic: await deploy(initCodeOf(library("ConfiguratorLogic"))),
    }),
  );
  await administer("setPoolImpl", poolImpl);
  await administer("setPoolConfiguratorImpl", configuratorImpl);
  await expectAddress(rpc, "getPool", rpc.addresses.aavePool);
  await expectAddress(rpc, "getPoolConfigurator", rpc.addresses.aavePoolConfigurator);

  await administer("setACLAdmin", admin);
  await constructAt(
    rpc,
    rpc.addresses.aaveAclManager,
    admin,
    initCodeOf(aaveArtifact("protocol/configuration/ACLManager"), [provider]),
  );
  await administer("setACLManager", rpc.addresses.aaveAclManager);
  await rpc.write(admin, rpc.addresses.aaveAclManager, ACL_ABI, "addPoolAdmin", [admin]);

  await constructAt(
    rpc,
    rpc.addresses.aaveOracle,
    admin,
    // No fallback oracle; prices in US dollars with 8 decimals, as on mainnet.
    initCodeOf(aaveArtifact("misc/AaveOracle"), [provider, [], [], ZeroAddress, ZeroAddress, 10n ** 8n]),
  );
  await administer("setPriceOracle", rpc.addresses.aaveOracle);
  await constructAt(
    rpc,
    rpc.addresses.aaveProtocolDataProvider,
    admin,
    initCodeOf(aaveArtifact("misc/AaveProtocolDataProvider"), [provider]),
  );
  await administer("setPoolDataProvider", rpc.addresses.aaveProtocolDataProvider);

  const tokenImpl = (name: string): Promise<string> =>
    deploy(initCodeOf(aaveArtifact(`protocol/tokenization/${name}`), [rpc.addresses.aavePool]));
  return {
    aTokenImpl: await tokenImpl("AToken"),
    stableDebtTokenImpl: await tokenImpl("StableDebtToken"),
    variableDebtTokenImpl: await tokenImpl("VariableDebtToken"),
  };
}

async function expectAddress(rpc: Rpc, getter: string, expected: string): Promise<void> {
  const [actual] = await rpc.read(rpc.addresses.aavePoolAddressesProvider, PROVIDER_ABI, getter);
  if (actual !== expected) throw new Error(`Aave ${getter} is ${String(actual)}, expected ${expected}`);
}

export interface ReserveOptions {
  readonly asset: string;
  readonly decimals: number;
  readonly symbol: string;
  readonly priceFeed: string;
  readonly profile: ReserveProfile;
  /** Nonce of the configurator before the listing; its tokens are created at this nonce and the next two. */
  readonly configuratorNonce?: number;
}

/** Lists a reserve as collateral and for variable borrowing, priced by a Chainlink proxy. */
export async function listReserve(rpc: Rpc, market: AaveMarket, options: ReserveOptions): Promise<TwinReserve> {
  const { asset, symbol, profile } = options;
  const admin = DEPLOYERS.aaveGovernance;
  const configure = (method: string, args: readonly unknown[]): Promise<string> =>
    rpc.write(admin, rpc.addresses.aavePoolConfigurator, CONFIGURATOR_ABI, method, args);

  const strategy = await rpc.deploy(
    ACTORS.deployer,
    initCodeOf(aaveArtifact("protocol/pool/DefaultReserveInterestRateStrategy"), [
      rpc.addresses.aavePoolAddressesProvider,
      ray(profile.optimalUsagePercent),
      0n,
      ray(profile.slope1Percent),
      ray(profile.slope2Percent),
      0n, // stable-rate borrowing stays disabled, as on mainnet
      0n,
      0n,
      0n,
      0n,
    ]),
  );
  if (options.configuratorNonce !== undefined) {
    await rpc.setNonce(rpc.addresses.aavePoolConfigurator, options.configuratorNonce);
  }
  await configure("initReserves", [
    [
      {
        aTokenImpl: market.aTokenImpl,
        stableDebtTokenImpl: market.stableDebtTokenImpl,
        variableDebtTokenImpl: market.variableDebtTokenImpl,
        underlyingAssetDecimals: options.decimals,
        interestRateStrategyAddress: strategy,
        underlyingAsset: asset,
        treasury: rpc.addresses.aaveCollector,
        incentivesController: ZeroAddress,
        aTokenName: `Aave Ethereum ${symbol}`,
        aTokenSymbol: `aEth${symbol}`,
        variableDebtTokenName: `Aave Ethereum Variable Debt ${symbol}`,
        variableDebtTokenSymbol: `variableDebtEth${symbol}`,
        stableDebtTokenName: `Aave Ethereum Stable Debt ${symbol}`,
        stableDebtTokenSymbol: `stableDebtEth${symbol}`,
        params: "0x",
      },
    ],
  ]);
  await configure("configureReserveAsCollateral", [
    asset,
    profile.ltvBps,
    profile.liquidationThresholdBps,
    profile.liquidationBonusBps,
  ]);
  await configure("setReserveBorrowing", [asset, true]);
  await configure("setReserveFactor", [asset, profile.reserveFactorBps]);
  await configure("setLiquidationProtocolFee", [asset, LIQUIDATION_PROTOCOL_FEE_BPS]);
  await configure("setReserveFlashLoaning", [asset, true]);
  await rpc.write(admin, rpc.addresses.aaveOracle, ORACLE_ABI, "setAssetSources", [[asset], [options.priceFeed]]);

  const [aToken, , variableDebtToken] = await rpc.read(
    rpc.addresses.aaveProtocolDataProvider,
    DATA_PROVIDER_ABI,
    "getReserveTokensAddresses",
    [asset],
  );
  return { asset, aToken: aToken as string, variableDebtToken: variableDebtToken as string };
}

/**
 * `lender` supplies both assets and borrows from both, which gives the market depth and its starting rates. One
 * account does both sides: what matters to a vault is available liquidity and usage, not who owes whom.
 * Its health stays above 1 until the volatile asset has lost about four fifths of its value.
 * @param supplies raw amounts; the volatile supply must be worth at least about a third of the stable one.
 */
export async function seedReserves(
  rpc: Rpc,
  lender: string,
  supplies: readonly { readonly asset: string; readonly amount: bigint; readonly profile: ReserveProfile }[],
): Promise<void> {
  await rpc.impersonate(lender);
  for (const { asset, amount } of supplies) {
    await mintToken(rpc, asset, lender, amount);
    await approveMax(rpc, lender, asset, rpc.addresses.aavePool);
    await rpc.write(lender, rpc.addresses.aavePool, POOL_ABI, "supply", [asset, amount, lender, 0]);
  }
  for (const { asset, amount, profile } of supplies) {
    const borrowed = (amount * profile.seededUsageBps) / 10_000n;
    await rpc.write(lender, rpc.addresses.aavePool, POOL_ABI, "borrow", [asset, borrowed, VARIABLE_RATE, 0, lender]);
  }
}

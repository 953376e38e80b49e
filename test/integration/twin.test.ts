import { once } from "node:events";
import { connect } from "node:net";

import { AaveV3Ethereum } from "@bgd-labs/aave-address-book";
import { CHAIN_TO_ADDRESSES_MAP, ChainId, SWAP_ROUTER_02_ADDRESSES, WETH9 } from "@uniswap/sdk-core";
import { expect } from "chai";
import { Contract, keccak256 } from "ethers";

import { ACTORS } from "../../localnet/actors.ts";
import { MAINNET } from "../../localnet/addresses.ts";
import {
  expectedCodeHashes,
  MAINNET_CODE_HASHES,
  readCodeHash,
  RECORDED_CODE_HASHES,
  verifyCodeHashes,
} from "../../localnet/codeHashes.ts";
import { createMarketActors, isRoundDue, type MarketActors } from "../../localnet/market.ts";
import { POOL_ABI } from "../../localnet/place/uniswap.ts";
import { priceFromSqrtPriceX96, sqrtPriceX96FromPrice } from "../../localnet/price.ts";
import { sqrtDown } from "../../sdk/exact/priceMath.ts";
import { loadRecordedPool, RECORDING_ABSENT } from "../../localnet/recordedPool.ts";
import { forkTwin, serveTwin } from "../../localnet/serve.ts";
import { DEFAULT_START_TIMESTAMP, startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import type { TwinMarket } from "../../localnet/types.ts";
import { expectClose } from "../support/close.ts";

const ERC20 = [
  "function balanceOf(address) view returns (uint256)",
  "function approve(address, uint256) returns (bool)",
  "function decimals() view returns (uint8)",
  "function symbol() view returns (string)",
];
const AAVE_POOL = [
  "function supply(address asset, uint256 amount, address onBehalfOf, uint16 referralCode)",
  "function borrow(address asset, uint256 amount, uint256 mode, uint16 referralCode, address onBehalfOf)",
  "function repay(address asset, uint256 amount, uint256 mode, address onBehalfOf) returns (uint256)",
  "function withdraw(address asset, uint256 amount, address to) returns (uint256)",
  "function getUserAccountData(address user) view returns (uint256 totalCollateralBase, uint256 totalDebtBase, uint256 availableBorrowsBase, uint256 currentLiquidationThreshold, uint256 ltv, uint256 healthFactor)",
];
const AAVE_ORACLE = ["function getAssetPrice(address) view returns (uint256)"];
const DATA_PROVIDER = [
  "function getReserveConfigurationData(address) view returns (uint256 decimals, uint256 ltv, uint256 liquidationThreshold, uint256 liquidationBonus, uint256 reserveFactor, bool usageAsCollateralEnabled, bool borrowingEnabled, bool stableBorrowRateEnabled, bool isActive, bool isFrozen)",
  "function getReserveData(address) view returns (uint256 unbacked, uint256 accruedToTreasuryScaled, uint256 totalAToken, uint256 totalStableDebt, uint256 totalVariableDebt, uint256 liquidityRate, uint256 variableBorrowRate, uint256 stableBorrowRate, uint256 averageStableBorrowRate, uint256 liquidityIndex, uint256 variableBorrowIndex, uint40 lastUpdateTimestamp)",
];
const ROUTER = [
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
];
const QUOTER_V2 = [
  "function quoteExactInputSingle((address tokenIn, address tokenOut, uint256 amountIn, uint24 fee, uint160 sqrtPriceLimitX96) params) returns (uint256 amountOut, uint160 sqrtPriceX96After, uint32 initializedTicksCrossed, uint256 gasEstimate)",
];
const POSITION_MANAGER = [
  "function mint((address token0, address token1, uint24 fee, int24 tickLower, int24 tickUpper, uint256 amount0Desired, uint256 amount1Desired, uint256 amount0Min, uint256 amount1Min, address recipient, uint256 deadline) params) payable returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
  "function positions(uint256) view returns (uint96 nonce, address operator, address token0, address token1, uint24 fee, int24 tickLower, int24 tickUpper, uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128, uint128 tokensOwed0, uint128 tokensOwed1)",
  "function balanceOf(address) view returns (uint256)",
  "function tokenOfOwnerByIndex(address, uint256) view returns (uint256)",
  "function tokenURI(uint256) view returns (string)",
];
const FEED = ["function latestRoundData() view returns (uint80, int256 answer, uint256, uint256 updatedAt, uint80)"];
const MULTICALL3 = ["function getCurrentBlockTimestamp() view returns (uint256)"];
const FACTORY = ["function createPool(address, address, uint24) returns (address)"];

/** Hardhat's chai matchers take whole numbers only. */
function expectWithin(actual: number, low: number, high: number): void {
  expect(actual >= low && actual <= high, `${actual} should be within ${low} and ${high}`).to.equal(true);
}

const USDC = 10n ** 6n;
const WETH = 10n ** 18n;

describe("mainnet twin", () => {
  let twin: Twin;
  let actors: MarketActors;
  let pristine: TwinSnapshot;

  before(async () => {
    twin = await startTwin();
    actors = createMarketActors(twin);
    pristine = await twin.snapshot();
  });
  afterEach(async () => {
    twin.setBaseFee(1_000_000_000n);
    await twin.revert(pristine);
  });
  after(() => twin.close());

  async function newUser(usdc: bigint, weth: bigint) {
    const [user] = await twin.ethers.getSigners();
    if (user === undefined) throw new Error("the network has no accounts");
    await twin.fund(user.address, { usdc, weth });
    return user;
  }

  const contract = (address: string, abi: readonly string[], runner: Twin["ethers"]["provider"] | object) =>
    new Contract(address, abi, runner as never) as unknown as Record<string, never> & Contract;
  const reader = (address: string, abi: readonly string[]) => contract(address, abi, twin.ethers.provider);
  const method = (target: Contract, name: string) => target.getFunction(name);

  describe("addresses", () => {
    it("agree with Aave's published address book", () => {
      const { WETH: weth, USDC: usdc } = AaveV3Ethereum.ASSETS;
      expect({
        pool: MAINNET.aavePool,
        configurator: MAINNET.aavePoolConfigurator,
        provider: MAINNET.aavePoolAddressesProvider,
        oracle: MAINNET.aaveOracle,
        acl: MAINNET.aaveAclManager,
        data: MAINNET.aaveProtocolDataProvider,
        collector: MAINNET.aaveCollector,
        reserves: [MAINNET.aWeth, MAINNET.variableDebtWeth, MAINNET.aUsdc, MAINNET.variableDebtUsdc],
      }).to.deep.equal({
        pool: AaveV3Ethereum.POOL,
        configurator: AaveV3Ethereum.POOL_CONFIGURATOR,
        provider: AaveV3Ethereum.POOL_ADDRESSES_PROVIDER,
        oracle: AaveV3Ethereum.ORACLE,
        acl: AaveV3Ethereum.ACL_MANAGER,
        data: AaveV3Ethereum.AAVE_PROTOCOL_DATA_PROVIDER,
        collector: AaveV3Ethereum.COLLECTOR,
        reserves: [weth.A_TOKEN, weth.V_TOKEN, usdc.A_TOKEN, usdc.V_TOKEN],
      });
    });

    it("agree with Uniswap's published addresses", () => {
      const published = CHAIN_TO_ADDRESSES_MAP[ChainId.MAINNET];
      expect([
        MAINNET.uniswapV3Factory,
        MAINNET.nonfungiblePositionManager,
        MAINNET.quoter,
        MAINNET.swapRouter02,
        MAINNET.weth,
      ]).to.deep.equal([
        published.v3CoreFactoryAddress,
        published.nonfungiblePositionManagerAddress,
        published.quoterAddress,
        SWAP_ROUTER_02_ADDRESSES(ChainId.MAINNET),
        WETH9[ChainId.MAINNET]?.address,
      ]);
    });

    it("carry code, the collector aside, and the market names them", async () => {
      const { aaveCollector, poolUsdcWeth30bp, ...placed } = MAINNET;
      for (const [name, address] of Object.entries(placed)) {
        expect(await twin.rpc.codeAt(address), name).to.have.length.greaterThan(100);
      }
      for (const address of [aaveCollector, poolUsdcWeth30bp]) expect(await twin.rpc.codeAt(address)).to.equal("0x");
      expect(twin.market.pool).to.equal(MAINNET.poolUsdcWeth5bp);
      expect(twin.market.baseReserve).to.deep.equal({
        asset: MAINNET.weth,
        aToken: MAINNET.aWeth,
        variableDebtToken: MAINNET.variableDebtWeth,
      });
      expect(twin.market.quoteReserve.aToken).to.equal(MAINNET.aUsdc);
    });
  });

  describe("code hashes", () => {
    const expected = expectedCodeHashes({ pool: "poolUsdcWeth5bp", recorded: false });

    it("are the expected ones", () => verifyCodeHashes(twin.rpc, expected));

    it("are refused when one byte differs", async () => {
      const code = await twin.rpc.codeAt(MAINNET.quoterV2);
      await twin.rpc.request("hardhat_setCode", [MAINNET.quoterV2, `${code.slice(0, -2)}00`]);
      let message = "";
      await verifyCodeHashes(twin.rpc, expected).catch((error: Error) => (message = error.message));
      expect(message).to.match(/^quoterV2 at 0x61fFE014/);
    });

    it("of a 0.3 % pool created here is mainnet's", async () => {
      await twin.rpc.impersonate(ACTORS.deployer);
      const factory = contract(MAINNET.uniswapV3Factory, FACTORY, await twin.ethers.getSigner(ACTORS.deployer));
      await method(factory, "createPool")(MAINNET.usdc, MAINNET.weth, 3_000);
      expect(await readCodeHash(twin.rpc, MAINNET.poolUsdcWeth30bp)).to.equal(MAINNET_CODE_HASHES.poolUsdcWeth30bp);
    });
  });

  describe("chain", () => {
    it("is handed over at the start timestamp, and calls see the latest block's time", async () => {
      expect(await twin.timestamp()).to.equal(DEFAULT_START_TIMESTAMP);
      const multicall = reader(MAINNET.multicall3, MULTICALL3);
      expect(await method(multicall, "getCurrentBlockTimestamp")()).to.equal(BigInt(DEFAULT_START_TIMESTAMP));
      await twin.advance(300);
      expect(await method(multicall, "getCurrentBlockTimestamp")()).to.equal(BigInt(DEFAULT_START_TIMESTAMP + 300));
    });

    it("gives every block the chosen base fee, and one second when nobody chose the time", async () => {
      const user = await newUser(0n, 0n);
      twin.setBaseFee(37_000_000_000n);
      const before = await twin.timestamp();
      for (let i = 1; i <= 3; i++) {
        await user.sendTransaction({ to: user.address });
        const block = await twin.ethers.provider.getBlock("latest");
        expect(block?.baseFeePerGas).to.equal(37_000_000_000n);
        expect(block?.timestamp).to.equal(before + i);
      }
      await twin.setNextTimestamp(before + 1_000);
      await user.sendTransaction({ to: user.address });
      expect(await twin.timestamp()).to.equal(before + 1_000);
    });

    it("returns to a snapshot more than once", async () => {
      const snapshot = await twin.snapshot();
      for (const price of [2_600, 2_700]) {
        await actors.moveTo(price);
        expectClose(await actors.readPrice(), price, 1e-6);
        await twin.revert(snapshot);
        expectClose(await actors.readPrice(), 2_500, 1e-6);
      }
    });

    it("is the same chain at every start", async () => {
      const other = await startTwin();
      const hash = async (of: Twin) => (await of.ethers.provider.getBlock("latest"))?.hash;
      expect(await hash(other))
        .to.be.a("string")
        .and.equal(await hash(twin));
      await other.advance(1);
      expect(await hash(other)).not.to.equal(await hash(twin));
      await other.close();
    });
  });

  describe("Uniswap", () => {
    it("starts at the price with an oracle that has a past", async () => {
      const [sqrtPriceX96] = await twin.rpc.read(twin.market.pool, POOL_ABI, "slot0");
      expect(sqrtPriceX96).to.equal(sqrtPriceX96FromPrice(2_500, twin.market));
      const [cumulatives] = await twin.rpc.read(twin.market.pool, POOL_ABI, "observe", [[1_800, 0]]);
      const [from, to] = cumulatives as [bigint, bigint];
      const [, tick] = await twin.rpc.read(twin.market.pool, POOL_ABI, "slot0");
      // Rounded down, as the tick is.
      expect((to - from) / 1_800n).to.equal(tick);
    });

    it("swaps through the router exactly what the quoter said", async () => {
      const user = await newUser(100_000n * USDC, 0n);
      const quote = {
        tokenIn: MAINNET.usdc,
        tokenOut: MAINNET.weth,
        amountIn: 100_000n * USDC,
        fee: 500,
        sqrtPriceLimitX96: 0n,
      };
      const [quoted] = await method(reader(MAINNET.quoterV2, QUOTER_V2), "quoteExactInputSingle").staticCall(quote);
      await method(contract(MAINNET.usdc, ERC20, user), "approve")(MAINNET.swapRouter02, quote.amountIn);
      await method(
        contract(MAINNET.swapRouter02, ROUTER, user),
        "exactInputSingle",
      )({
        ...quote,
        recipient: user.address,
        amountOutMinimum: 0n,
      });
      const received = (await method(reader(MAINNET.weth, ERC20), "balanceOf")(user.address)) as bigint;
      expect(received).to.equal(quoted);
      // About 40 WETH less the fee and a little impact.
      expectWithin(Number(received) / 1e18, 39.9, 39.98);
    });

    it("mints a position whose token describes itself", async () => {
      const user = await newUser(50_000n * USDC, 20n * WETH);
      for (const token of [MAINNET.usdc, MAINNET.weth]) {
        await method(contract(token, ERC20, user), "approve")(MAINNET.nonfungiblePositionManager, 10n ** 30n);
      }
      const [, tick] = (await twin.rpc.read(twin.market.pool, POOL_ABI, "slot0")) as [bigint, bigint];
      const centre = Number(tick / 10n) * 10;
      const manager = contract(MAINNET.nonfungiblePositionManager, POSITION_MANAGER, user);
      await method(
        manager,
        "mint",
      )({
        token0: MAINNET.usdc,
        token1: MAINNET.weth,
        fee: 500,
        tickLower: centre - 1_000,
        tickUpper: centre + 1_000,
        amount0Desired: 50_000n * USDC,
        amount1Desired: 20n * WETH,
        amount0Min: 0n,
        amount1Min: 0n,
        recipient: user.address,
        deadline: 10n ** 12n,
      });
      const id = (await method(manager, "tokenOfOwnerByIndex")(user.address, 0n)) as bigint;
      const position = (await method(manager, "positions")(id)) as unknown as { liquidity: bigint };
      expect(position.liquidity > 0n).to.equal(true);
      expect(await method(manager, "tokenURI")(id)).to.match(/^data:application\/json;base64,/);
    });
  });

  describe("Aave", () => {
    it("lists both reserves near mainnet's parameters and rates", async () => {
      const data = reader(MAINNET.aaveProtocolDataProvider, DATA_PROVIDER);
      const percent = (ray: bigint): number => Number(ray) / 1e25;
      for (const { asset, configuration, borrowRate } of [
        { asset: MAINNET.weth, configuration: [18n, 8_050n, 8_300n, 10_500n, 1_500n], borrowRate: [1.9, 2.1] },
        { asset: MAINNET.usdc, configuration: [6n, 7_500n, 7_800n, 10_450n, 1_000n], borrowRate: [4.7, 4.9] },
      ] as const) {
        const read = [...((await method(data, "getReserveConfigurationData")(asset)) as readonly bigint[])];
        expect(read.slice(0, 5)).to.deep.equal(configuration);
        const state = (await method(data, "getReserveData")(asset)) as unknown as {
          variableBorrowRate: bigint;
          liquidityRate: bigint;
        };
        expectWithin(percent(state.variableBorrowRate), borrowRate[0], borrowRate[1]);
        if (asset === MAINNET.usdc) expectWithin(percent(state.liquidityRate), 3, 4);
      }
    });

    it("lends WETH against USDC, charges interest, and gives everything back", async () => {
      const user = await newUser(1_000_000n * USDC, 1n * WETH);
      const pool = contract(MAINNET.aavePool, AAVE_POOL, user);
      const debt = reader(MAINNET.variableDebtWeth, ERC20);
      const weth = contract(MAINNET.weth, ERC20, user);
      await method(contract(MAINNET.usdc, ERC20, user), "approve")(MAINNET.aavePool, 10n ** 30n);
      await method(weth, "approve")(MAINNET.aavePool, 10n ** 30n);
      await method(pool, "supply")(MAINNET.usdc, 1_000_000n * USDC, user.address, 0);
      await method(pool, "borrow")(MAINNET.weth, 200n * WETH, 2, 0, user.address);
      expect(await method(weth, "balanceOf")(user.address)).to.equal(201n * WETH);
      const account = (await method(pool, "getUserAccountData")(user.address)) as unknown as { healthFactor: bigint };
      // 1,000,000 * 0.78 / (200 * 2,500)
      expectClose(Number(account.healthFactor) / 1e18, 1.56, 0.001);

      await twin.advance(30 * 86_400);
      const grown = (await method(debt, "balanceOf")(user.address)) as bigint;
      // 2 % a year for a month on 200
      expectWithin(Number(grown - 200n * WETH) / 1e18, 0.3, 0.36);

      await method(pool, "repay")(MAINNET.weth, 2n ** 256n - 1n, 2, user.address);
      expect(await method(debt, "balanceOf")(user.address)).to.equal(0n);
      await method(pool, "withdraw")(MAINNET.usdc, 2n ** 256n - 1n, user.address);
      const returned = (await method(reader(MAINNET.usdc, ERC20), "balanceOf")(user.address)) as bigint;
      expect(returned > 1_000_000n * USDC).to.equal(true);
    });

    it("prices through the Chainlink feeds", async () => {
      const oracle = reader(MAINNET.aaveOracle, AAVE_ORACLE);
      expect(await method(oracle, "getAssetPrice")(MAINNET.weth)).to.equal(2_500n * 10n ** 8n);
      expect(await method(oracle, "getAssetPrice")(MAINNET.usdc)).to.equal(10n ** 8n);
      await actors.pushOracle({ baseUsd: 1_900.5, quoteUsd: 0.97 });
      expect(await method(oracle, "getAssetPrice")(MAINNET.weth)).to.equal(190_050_000_000n);
      expect(await method(oracle, "getAssetPrice")(MAINNET.usdc)).to.equal(97_000_000n);
    });
  });

  describe("market", () => {
    const readFeed = async (market: TwinMarket = twin.market) => {
      const feed = reader(market.baseFeed.proxy, FEED);
      const [, answer, , updatedAt] = (await method(feed, "latestRoundData")()) as unknown as bigint[];
      return { answer: answer as bigint, updatedAt: Number(updatedAt) };
    };

    it("lands exactly on the price, up and down, after noise trades", async () => {
      for (const price of [2_517.31, 1_200, 4_999.999, 2_500]) {
        const { sqrtPriceX96, swappedQuote } = await actors.step({ price, volumeQuote: 3_000_000, seconds: 600 });
        expect(await actors.readSqrtPriceX96()).to.equal(sqrtPriceX96);
        expect(sqrtPriceX96).to.equal(sqrtPriceX96FromPrice(price, twin.market));
        expect(swappedQuote > 3_000_000n * USDC).to.equal(true);
      }
    });

    it("trades the volume and ends where it began", async () => {
      const before = await actors.readSqrtPriceX96();
      const swapped = await actors.trade(2_000_000, 2);
      expect(await actors.readSqrtPriceX96()).to.equal(before);
      expectClose(Number(swapped) / 1e6, 2_000_000, 2_000);
      expect(await actors.moveTo(2_500)).to.equal(0n);
      expect((await actors.moveTo(2_501)) > 0n).to.equal(true);
    });

    it("leaves the pool alone when the step names no price", async () => {
      const before = await actors.readSqrtPriceX96();
      await actors.step({ seconds: 600 });
      expect(await actors.readSqrtPriceX96()).to.equal(before);
      await actors.step({ price: 2_501, seconds: 600 });
      expect(await actors.readSqrtPriceX96()).not.to.equal(before);
    });

    it("has settled a 5-minute average when the step is long enough, and not before", async () => {
      const averageTick = async () => {
        const [cumulatives] = await twin.rpc.read(twin.market.pool, POOL_ABI, "observe", [[300, 0]]);
        const [from, to] = cumulatives as [bigint, bigint];
        return (to - from) / 300n;
      };
      const tick = async () => (await twin.rpc.read(twin.market.pool, POOL_ABI, "slot0"))[1] as bigint;
      await actors.step({ price: 2_600, seconds: 150 });
      expect(await averageTick()).not.to.equal(await tick());
      await actors.step({ price: 2_700, seconds: 312 });
      expect(await averageTick()).to.equal(await tick());
    });

    it("pushes the feed by deviation and by heartbeat only", async () => {
      const small = await actors.step({ price: 2_512.4, seconds: 600 });
      expect(small.baseAnswerPushed).to.equal(false);
      expect((await readFeed()).answer).to.equal(250_000_000_000n);
      const large = await actors.step({ price: 2_512.5, seconds: 600 });
      expect(large.baseAnswerPushed).to.equal(true);
      expect((await readFeed()).answer).to.equal(251_250_000_000n);
      const { updatedAt } = await readFeed();
      await actors.step({ price: 2_512.5, seconds: 600 });
      expect((await readFeed()).updatedAt).to.equal(updatedAt);
      await actors.step({ price: 2_512.5, seconds: 3_600 });
      expect((await readFeed()).updatedAt).to.equal(updatedAt + 3_600);
    });

    it("keeps both feeds within their heartbeat over a long step", async () => {
      await actors.step({ price: 2_600, seconds: 100_000 });
      const now = await twin.timestamp();
      expectWithin(now - (await readFeed()).updatedAt, 1, 3_601);
      const feed = reader(twin.market.quoteFeed.proxy, FEED);
      const [, , , updatedAt] = (await method(feed, "latestRoundData")()) as unknown as bigint[];
      expectWithin(now - Number(updatedAt), 1, 86_401);
      // The control: time alone makes the feed stale.
      await twin.advance(100_000);
      expect((await twin.timestamp()) - (await readFeed()).updatedAt).to.be.greaterThan(100_000);
    });

    it("can hold the feeds back, or push them apart from the pool", async () => {
      await actors.step({ price: 3_000, seconds: 600, push: false });
      expect((await readFeed()).answer).to.equal(250_000_000_000n);
      await actors.step({ price: 3_000, baseUsd: 2_800, seconds: 600 });
      expect((await readFeed()).answer).to.equal(280_000_000_000n);
      await actors.step({ price: 3_000, quoteUsd: 0.9, seconds: 600 });
      expect((await readFeed()).answer).to.equal(270_000_000_000n);
    });

    it("ends on the asked timestamp whatever happened before", async () => {
      await actors.moveTo(2_510);
      const { timestampSeconds } = await actors.step({ price: 2_520, until: DEFAULT_START_TIMESTAMP + 3_600 });
      expect(timestampSeconds).to.equal(DEFAULT_START_TIMESTAMP + 3_600);
      expect(await twin.timestamp()).to.equal(timestampSeconds);
      for (const options of [{ seconds: 7 }, { seconds: 600, until: 1 }, {}]) {
        let error: unknown;
        await actors.step(options).catch((reason: unknown) => (error = reason));
        expect(error).to.be.instanceOf(RangeError);
      }
    });
  });

  describe("isRoundDue", () => {
    const rule = { deviationBps: 50, heartbeatSeconds: 3_600 };
    const last = { answer: 200_000n, updatedAtSeconds: 1_000 };
    for (const { answer, now, due } of [
      { answer: 200_999n, now: 1_001, due: false },
      { answer: 201_000n, now: 1_001, due: true },
      { answer: 199_001n, now: 1_001, due: false },
      { answer: 199_000n, now: 1_001, due: true },
      { answer: 200_000n, now: 4_599, due: false },
      { answer: 200_000n, now: 4_600, due: true },
    ]) {
      it(`is ${due} at ${answer} after ${now - last.updatedAtSeconds} s`, () => {
        expect(isRoundDue(rule, last, answer, now)).to.equal(due);
      });
    }
    it("is true without a round", () => {
      expect(isRoundDue(rule, undefined, 1n, 0)).to.equal(true);
    });
  });

  describe("price", () => {
    it("takes square roots rounded down", () => {
      for (const root of [0n, 1n, 2n, 3n, 10n ** 9n, (1n << 127n) + 12_345n]) {
        expect(sqrtDown(root * root)).to.equal(root);
        if (root > 0n) expect(sqrtDown(root * root + 2n * root)).to.equal(root);
        if (root > 0n) expect(sqrtDown((root + 1n) * (root + 1n))).to.equal(root + 1n);
      }
    });

    it("converts to the pool's scale and back in both orders", () => {
      // Uniswap's own example: 1 USDC = 1e12 raw units of an 18-decimal token at price 1.
      const scale = { baseDecimals: 18, quoteDecimals: 6, baseIsToken0: false };
      expect(sqrtPriceX96FromPrice(1, scale)).to.equal(sqrtDown((10n ** 12n) << 192n));
      for (const baseIsToken0 of [true, false]) {
        for (const price of [0.000_012_345, 1, 2_512.37, 98_765.4321]) {
          const x96 = sqrtPriceX96FromPrice(price, { ...scale, baseIsToken0 });
          expectClose(priceFromSqrtPriceX96(x96, { ...scale, baseIsToken0 }) / price, 1, 1e-12);
        }
      }
      expect(() => sqrtPriceX96FromPrice(0, scale)).to.throw(RangeError);
    });
  });

  describe("further markets", () => {
    for (const baseIsToken0 of [true, false]) {
      for (const [baseDecimals, quoteDecimals] of [
        [18, 6],
        [8, 6],
        [18, 18],
        [6, 8],
      ] as const) {
        it(`base ${baseDecimals} and quote ${quoteDecimals} decimals, base as token${baseIsToken0 ? 0 : 1}`, async () => {
          const market = await twin.createMarket({ baseDecimals, quoteDecimals, baseIsToken0 });
          expect(BigInt(market.base) < BigInt(market.quote)).to.equal(baseIsToken0);
          expect(await method(reader(market.base, ERC20), "decimals")()).to.equal(BigInt(baseDecimals));
          expect(await method(reader(market.quote, ERC20), "decimals")()).to.equal(BigInt(quoteDecimals));
          expect(await readCodeHash(twin.rpc, market.pool)).to.not.equal(keccak256("0x"));

          const others = createMarketActors(twin, market);
          const { sqrtPriceX96, swappedQuote } = await others.step({
            price: 2_642.5,
            volumeQuote: 1_000_000,
            seconds: 600,
          });
          expect(await others.readSqrtPriceX96()).to.equal(sqrtPriceX96);
          expectClose(await others.readPrice(), 2_642.5, 1e-3);
          expect(swappedQuote > 1_000_000n * 10n ** BigInt(quoteDecimals)).to.equal(true);

          const oracle = reader(MAINNET.aaveOracle, AAVE_ORACLE);
          expect(await method(oracle, "getAssetPrice")(market.base)).to.equal(264_250_000_000n);

          const user = await newUser(0n, 0n);
          const pool = contract(MAINNET.aavePool, AAVE_POOL, user);
          const supplied = 100_000n * 10n ** BigInt(quoteDecimals);
          const borrowed = 10n * 10n ** BigInt(baseDecimals);
          await twin.mint(market.quote, user.address, supplied);
          await method(contract(market.quote, ERC20, user), "approve")(MAINNET.aavePool, supplied);
          await method(pool, "supply")(market.quote, supplied, user.address, 0);
          await method(pool, "borrow")(market.base, borrowed, 2, 0, user.address);
          expect(await method(reader(market.base, ERC20), "balanceOf")(user.address)).to.equal(borrowed);
          expect(await method(reader(market.baseReserve.variableDebtToken, ERC20), "balanceOf")(user.address)).to.equal(
            borrowed,
          );

          // The first market keeps its price and a fresh feed.
          expectClose(await actors.readPrice(), 2_500, 1e-6);
          const [, , , updatedAt] = (await method(
            reader(twin.market.baseFeed.proxy, FEED),
            "latestRoundData",
          )()) as unknown as bigint[];
          expect((await twin.timestamp()) - Number(updatedAt)).to.be.lessThan(3_600);
        });
      }
    }
  });

  it("runs on the 0.3 % pool as well", async () => {
    const other = await startTwin({ feePips: 3_000, priceUsdcPerWeth: 1_850.25 });
    expect(other.market.pool).to.equal(MAINNET.poolUsdcWeth30bp);
    expect(other.market.tickSpacing).to.equal(60);
    expectClose(await createMarketActors(other).readPrice(), 1_850.25, 1e-6);
    await other.close();
  });
});

describe("served twin", () => {
  it("is one chain inside and outside, and a fork of it is another", async () => {
    const served = await serveTwin();
    const ask = async (method: string, params: readonly unknown[] = []): Promise<unknown> => {
      const response = await fetch(served.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      });
      return ((await response.json()) as { result: unknown }).result;
    };
    try {
      const actors = createMarketActors(served.twin);
      await actors.moveTo(2_550);
      expect(await ask("eth_blockNumber")).to.equal(await served.twin.rpc.request("eth_blockNumber"));
      await ask("evm_mine");
      expect(await ask("eth_blockNumber")).to.equal(await served.twin.rpc.request("eth_blockNumber"));

      const fork = await forkTwin(served.url, served.twin.describe());
      const forkActors = createMarketActors(fork);
      expectClose(await forkActors.readPrice(), 2_550, 1e-6);
      expect((await fork.timestamp()) - (await served.twin.timestamp())).to.equal(12);
      await forkActors.step({ price: 2_700, volumeQuote: 100_000, seconds: 600 });
      expectClose(await forkActors.readPrice(), 2_700, 1e-6);
      expectClose(await actors.readPrice(), 2_550, 1e-6);
      await fork.close();
    } finally {
      await served.close();
    }
  });

  it("closes although clients still hold connections, used and unused", async () => {
    const served = await serveTwin();
    const port = Number(new URL(served.url).port);
    const idle = connect(port, "127.0.0.1");
    await once(idle, "connect");
    const socket = new WebSocket(served.url.replace("http", "ws"));
    await once(socket, "open");
    const left = once(idle, "close");
    await served.close();
    await left;
    const refused = connect(port, "127.0.0.1");
    const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
    expect(error.code).to.equal("ECONNREFUSED");
  });

  it("refuses a taken port", async () => {
    const served = await serveTwin();
    try {
      let code: unknown;
      await serveTwin({ port: Number(new URL(served.url).port) }).catch((error: NodeJS.ErrnoException) => {
        code = error.code;
      });
      expect(code).to.equal("EADDRINUSE");
    } finally {
      await served.close();
    }
  });
});

describe("recorded mainnet pool", () => {
  it("trades and lends around the state of May 2021", async function () {
    const recorded = await loadRecordedPool();
    if (recorded === undefined) {
      console.log(`      ${RECORDING_ABSENT}`);
      return this.skip();
    }
    const { twin } = recorded;
    expect(recorded.tick).to.equal(193_048);
    expect(recorded.liquidity).to.equal(5_508_696_650_323_172_070n);
    expect(await readCodeHash(twin.rpc, MAINNET.weth)).to.equal(RECORDED_CODE_HASHES.weth);
    expect(await readCodeHash(twin.rpc, MAINNET.usdc)).to.equal(RECORDED_CODE_HASHES.usdc);
    expect(await readCodeHash(twin.rpc, MAINNET.swapRouter)).to.equal(MAINNET_CODE_HASHES.swapRouter);

    const usdc = new Contract(MAINNET.usdc, ERC20, twin.ethers.provider);
    expect(await usdc.getFunction("symbol")()).to.equal("USDC");
    expect(await usdc.getFunction("decimals")()).to.equal(6n);
    const available = (await usdc.getFunction("balanceOf")(MAINNET.aUsdc)) as bigint;
    expect(available).to.equal(40_000_000n * USDC);

    const actors = createMarketActors(twin);
    for (const price of [4_300, 3_000, recorded.priceUsdcPerWeth]) {
      const { sqrtPriceX96 } = await actors.step({ price, volumeQuote: 500_000, seconds: 3_600 });
      expect(await actors.readSqrtPriceX96()).to.equal(sqrtPriceX96);
    }
    const [user] = await twin.ethers.getSigners();
    if (user === undefined) throw new Error("the network has no accounts");
    await twin.fund(user.address, { usdc: 5n * USDC, weth: 2n * WETH });
    expect(await usdc.getFunction("balanceOf")(user.address)).to.equal(5n * USDC);
    await twin.close();
  });
});

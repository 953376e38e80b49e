import { expect } from "chai";
import { AbiCoder, Contract, ContractFactory, Interface, type Signer, solidityPackedKeccak256 } from "ethers";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";

import generousMinter from "../../artifacts/test/contracts/GenerousMinter.sol/GenerousMinter.json" with { type: "json" };
import libraryCalls from "../../artifacts/test/contracts/LibraryCalls.sol/LibraryCalls.json" with { type: "json" };
import loneVault from "../../artifacts/test/contracts/LoneVault.sol/LoneVault.json" with { type: "json" };
import { ACTORS } from "../../localnet/actors.ts";
import { MAINNET } from "../../localnet/addresses.ts";
import { POOL_ABI } from "../../localnet/place/uniswap.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import type { TwinMarket } from "../../localnet/types.ts";
import { erc20Contract, liquidityContract } from "../../sdk/chain/contracts.ts";
import { computeFeeGrowthInside, computeFeesOwedDown } from "../../sdk/exact/feeGrowth.ts";
import { getAmountsForLiquidityDown, getLiquidityForAmountsDown } from "../../sdk/exact/liquidityAmounts.ts";
import { toBaseQuote } from "../../sdk/exact/orientation.ts";
import { computePriceWadDown, computeSqrtPriceX96Down } from "../../sdk/exact/priceMath.ts";
import { computeSwapStep } from "../../sdk/exact/swapMath.ts";
import { getSqrtRatioAtTick, getTickAtSqrtRatio } from "../../sdk/exact/tickMath.ts";
import type { UniswapV3Liquidity } from "../../types/contracts/liquidity/UniswapV3Liquidity.ts";
import type { LibraryCalls } from "../../types/test/contracts/LibraryCalls.ts";
import type { LoneVault } from "../../types/test/contracts/LoneVault.ts";
import { createPoolRandom, type PoolRandom } from "../unit/sdk/exact/random.ts";
import { createVaultWorld, type VaultWorld } from "./world.ts";

const USDC = 10n ** 6n;
const WETH = 10n ** 18n;
const WAD = 10n ** 18n;
const MAX_UINT128 = 2n ** 128n - 1n;
const MAX_UINT256 = 2n ** 256n - 1n;
const Kind = { remove: 0, add: 1, adjust: 2, swap: 3 } as const;
const LOOSE = { maxLossBpsPerDay: 1_000n, maxSlippageBps: 500n, healthFloorWad: 1_020_000_000_000_000_000n };
const ROUTER_ABI = new Interface([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
  "function exactOutputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountOut, uint256 amountInMaximum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountIn)",
]);
const POOL_STATE_ABI = new Interface([
  "function feeGrowthGlobal0X128() view returns (uint256)",
  "function feeGrowthGlobal1X128() view returns (uint256)",
  "function ticks(int24) view returns (uint128 liquidityGross, int128 liquidityNet, uint256 feeGrowthOutside0X128, uint256 feeGrowthOutside1X128, int56, uint160, uint32, bool initialized)",
  "function positions(bytes32) view returns (uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128, uint128 tokensOwed0, uint128 tokensOwed1)",
]);

/** `count` multiples of an amount, from one of them. */
const steps = (amount: bigint, count: number): bigint[] =>
  Array.from({ length: count }, (_, i) => amount * BigInt(i + 1));

interface Range {
  readonly tickLower: number;
  readonly tickUpper: number;
}
interface Held extends Range {
  readonly liquidity: bigint;
}
interface Amounts {
  readonly base: bigint;
  readonly quote: bigint;
}

describe("UniswapV3Liquidity on a genuine pool", () => {
  let twin: Twin;
  let admin: Signer;
  let stranger: Signer;
  let pristine: TwinSnapshot;
  let system: VaultWorld["system"];
  let world: VaultWorld;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createVaultWorld(twin, { policy: LOOSE });
    ({ system, admin } = world);
    stranger = world.bob;
    pristine = await twin.snapshot();
  });
  afterEach(() => twin.revert(pristine));
  after(() => twin.close());

  // --- the pool and its traders

  const slot0 = async (market: TwinMarket): Promise<{ root: bigint; tick: number }> => {
    const [root, tick] = await twin.rpc.read(market.pool, POOL_ABI, "slot0");
    return { root: root as bigint, tick: Number(tick) };
  };
  const poolRead = async (market: TwinMarket, method: string, args: readonly unknown[] = []) =>
    (await twin.rpc.read(market.pool, POOL_STATE_ABI, method, args)) as readonly bigint[];
  const trade = (
    market: TwinMarket,
    method: string,
    zeroForOne: boolean,
    amount: bigint,
    limit: bigint,
    rootLimit: bigint,
  ) =>
    twin.rpc.write(ACTORS.trader, MAINNET.swapRouter02, ROUTER_ABI, method, [
      [
        zeroForOne ? market.token0 : market.token1,
        zeroForOne ? market.token1 : market.token0,
        market.feePips,
        ACTORS.trader,
        amount,
        limit,
        rootLimit,
      ],
    ]);
  /** Swaps until the pool stands exactly at this square-root price. */
  const moveTo = async (market: TwinMarket, root: bigint): Promise<void> => {
    const from = (await slot0(market)).root;
    if (from !== root) await trade(market, "exactInputSingle", root < from, 2n ** 200n, 0n, root);
    expect((await slot0(market)).root).to.equal(root);
  };
  const scaled = (root: bigint, ticks: number): bigint => (root * getSqrtRatioAtTick(ticks)) >> 96n;

  // --- a lone adapter

  interface Lone {
    readonly market: TwinMarket;
    readonly lone: LoneVault;
    readonly adapter: UniswapV3Liquidity;
    /** A simulated call of the adapter by its vault. */
    ask(method: string, ...args: readonly unknown[]): Promise<readonly bigint[]>;
    call(method: string, ...args: readonly unknown[]): Promise<void>;
  }
  const adopt = async (market: TwinMarket): Promise<Lone> => {
    const deployed = await new ContractFactory(loneVault.abi, loneVault.bytecode, admin).deploy();
    const lone = new Contract(await deployed.getAddress(), loneVault.abi, admin) as unknown as LoneVault;
    await lone.adopt(
      system.uniswapV3Implementation,
      AbiCoder.defaultAbiCoder().encode(
        ["address", "address", "address", "bool", "uint256"],
        [
          market.pool,
          market.token0,
          market.token1,
          market.baseIsToken0,
          10n ** BigInt(18 + market.baseDecimals - market.quoteDecimals),
        ],
      ),
    );
    await twin.mint(market.base, await deployed.getAddress(), 10n ** BigInt(market.baseDecimals + 5));
    await twin.mint(market.quote, await deployed.getAddress(), 10n ** BigInt(market.quoteDecimals + 9));
    const adapter = liquidityContract(await lone.adapter(), admin);
    const encode = (method: string, args: readonly unknown[]): string =>
      adapter.interface.encodeFunctionData(method as "swap", args as never);
    return {
      market,
      lone,
      adapter,
      ask: async (method, ...args) => {
        const data = await lone.call.staticCall(encode(method, args));
        return [...adapter.interface.decodeFunctionResult(method as "swap", data)].flat() as bigint[];
      },
      call: async (method, ...args) => {
        await (await lone.call(encode(method, args))).wait();
      },
    };
  };
  /** Liquidity worth about `valueQuote` whole quote tokens around the current price. */
  const liquidityFor = async (market: TwinMarket, range: Range, valueQuote: bigint): Promise<bigint> => {
    const { root } = await slot0(market);
    const quote = valueQuote * 10n ** BigInt(market.quoteDecimals);
    const base = (valueQuote * 10n ** BigInt(market.baseDecimals)) / 2_500n;
    return getLiquidityForAmountsDown(
      root,
      getSqrtRatioAtTick(range.tickLower),
      getSqrtRatioAtTick(range.tickUpper),
      market.baseIsToken0 ? base : quote,
      market.baseIsToken0 ? quote : base,
    );
  };
  /** Three ranges that the random walks below enter and leave: wide, narrow, and off the price. */
  const addRanges = async (at: Lone): Promise<Held[]> => {
    const spacing = at.market.tickSpacing;
    const centre = Math.floor((await slot0(at.market)).tick / spacing) * spacing;
    const held: Held[] = [];
    for (const [from, to] of [
      [-80, 90],
      [-7, 8],
      [20, 60],
    ] as const) {
      const range = { tickLower: centre + from * spacing, tickUpper: centre + to * spacing };
      const liquidity = await liquidityFor(at.market, range, 100_000n);
      await at.call("add", range.tickLower, range.tickUpper, liquidity);
      held.push({ ...range, liquidity });
    }
    return held;
  };
  /** What collecting without burning would pay, over all ranges. */
  const collectable = async (at: Lone, held: readonly Held[]): Promise<Amounts> => {
    let [base, quote] = [0n, 0n];
    for (const { tickLower, tickUpper } of held) {
      const [b, q] = (await at.ask("remove", tickLower, tickUpper, 0n)) as [bigint, bigint];
      [base, quote] = [base + b, quote + q];
    }
    return { base, quote };
  };
  const removable = async (at: Lone, held: readonly Held[]): Promise<Amounts> => {
    let [base, quote] = [0n, 0n];
    for (const { tickLower, tickUpper, liquidity } of held) {
      const [b, q] = (await at.ask("remove", tickLower, tickUpper, liquidity)) as [bigint, bigint];
      [base, quote] = [base + b, quote + q];
    }
    return { base, quote };
  };
  const randomWalk = async (market: TwinMarket, random: PoolRandom, home: bigint): Promise<void> => {
    // Up to ±95 spacings from home, beyond the edges of every range; a part of them stops right at a tick.
    const spacing = market.tickSpacing;
    let target = scaled(home, random.int(-95 * spacing, 95 * spacing));
    if (random.int(0, 3) === 0) target = getSqrtRatioAtTick(Math.round(getTickAtSqrtRatio(target) / spacing) * spacing);
    await moveTo(market, target);
  };

  const balance = async (token: string, of: string): Promise<bigint> =>
    erc20Contract(token, twin.ethers.provider).balanceOf(of);
  const positionKey = async (at: Lone, { tickLower, tickUpper }: Range): Promise<string> => {
    return solidityPackedKeccak256(
      ["address", "int24", "int24"],
      [await at.adapter.getAddress(), tickLower, tickUpper],
    );
  };

  const deployLibrary = async (): Promise<LibraryCalls> => {
    const deployed = await new ContractFactory(libraryCalls.abi, libraryCalls.bytecode, admin).deploy();
    return new Contract(await deployed.getAddress(), libraryCalls.abi, admin) as unknown as LibraryCalls;
  };

  /** A keeper action of the vault, with a promise that promises nothing. */
  const rebalance = async (
    ...steps: readonly (Partial<Range> & { kind: number; amount: bigint; marginQuote?: bigint })[]
  ) =>
    world.vault.connect(world.keeper).rebalance(
      steps.map((s) => ({ hedgeIndex: 0, tickLower: 0, tickUpper: 0, marginQuote: 0n, ...s })),
      {
        expectedEpoch: await world.vault.epoch(),
        deadline: 2n ** 48n - 1n,
        maxResidualDeltaBase: MAX_UINT256,
        maxLossQuote: MAX_UINT256,
      },
    );

  describe("fees without a poke", () => {
    for (const baseDecimals of [6, 8, 18]) {
      for (const quoteDecimals of [6, 8, 18]) {
        for (const baseIsToken0 of [true, false]) {
          it(`V17 equal what collecting pays, to the unit: base ${baseDecimals}, quote ${quoteDecimals}, base is token${baseIsToken0 ? 0 : 1}`, async () => {
            const market = await twin.createMarket({ baseDecimals, quoteDecimals, baseIsToken0 });
            const at = await adopt(market);
            const held = await addRanges(at);
            const home = (await slot0(market)).root;
            const random = createPoolRandom(baseDecimals * 100 + quoteDecimals);
            let paid = false;
            for (let i = 0; i < 10; i++) {
              await randomWalk(market, random, home);
              const { feesBase, feesQuote } = await at.adapter.read(2_500n * WAD, 0n);
              const got = await collectable(at, held);
              expect([feesBase, feesQuote], `round ${i}`).to.deep.equal([got.base, got.quote]);
              paid ||= got.base > 0n && got.quote > 0n;
              // Now and then one range is really collected, so that the positions differ in age.
              if (random.int(0, 2) === 0) {
                const { tickLower, tickUpper } = held[random.int(0, 2)] as Held;
                await at.call("remove", tickLower, tickUpper, 0n);
              }
            }
            expect(paid, "control: both kinds of fees were earned").to.equal(true);
          });
        }
      }
    }

    it("equal Uniswap's own counters by the sdk, after 60 swaps of either direction, and what the pool then pays", async () => {
      const { market } = twin;
      const at = await adopt(market);
      const held = await addRanges(at);
      const home = (await slot0(market)).root;
      const random = createPoolRandom(11);
      for (let i = 0; i < 60; i++) await randomWalk(market, random, home);
      const { tick } = await slot0(market);
      const global0 = (await poolRead(market, "feeGrowthGlobal0X128"))[0] as bigint;
      const global1 = (await poolRead(market, "feeGrowthGlobal1X128"))[0] as bigint;
      const outside = async (at: number) => {
        const words = await poolRead(market, "ticks", [at]);
        return { feeGrowthOutside0X128: words[2] as bigint, feeGrowthOutside1X128: words[3] as bigint };
      };
      let [total0, total1] = [0n, 0n];
      for (const { tickLower, tickUpper, liquidity } of held) {
        const inside = computeFeeGrowthInside({
          tickLower,
          tickUpper,
          tickCurrent: tick,
          feeGrowthGlobal0X128: global0,
          feeGrowthGlobal1X128: global1,
          lower: await outside(tickLower),
          upper: await outside(tickUpper),
        });
        const position = await poolRead(market, "positions", [await positionKey(at, { tickLower, tickUpper })]);
        expect(position[0]).to.equal(liquidity);
        total0 += computeFeesOwedDown({
          feeGrowthInsideX128: inside.feeGrowthInside0X128,
          feeGrowthInsideLastX128: position[1] as bigint,
          liquidity,
        });
        total1 += computeFeesOwedDown({
          feeGrowthInsideX128: inside.feeGrowthInside1X128,
          feeGrowthInsideLastX128: position[2] as bigint,
          liquidity,
        });
      }
      const state = await at.adapter.read(2_500n * WAD, 0n);
      const expected = toBaseQuote({ amount0: total0, amount1: total1 }, market);
      expect([state.feesBase, state.feesQuote]).to.deep.equal([expected.amountBase, expected.amountQuote]);
      expect(total0 > 0n && total1 > 0n).to.equal(true);

      // And in tokens, not in return values.
      const owner = await at.lone.getAddress();
      const tokens = async () => [await balance(market.base, owner), await balance(market.quote, owner)] as const;
      const [base0, quote0] = await tokens();
      for (const { tickLower, tickUpper } of held) await at.call("remove", tickLower, tickUpper, 0n);
      const [base1, quote1] = await tokens();
      expect([base1 - base0, quote1 - quote0]).to.deep.equal([state.feesBase, state.feesQuote]);
      const after = await at.adapter.read(2_500n * WAD, 0n);
      expect([after.feesBase, after.feesQuote]).to.deep.equal([0n, 0n]);
    });

    it("survive a stranger who mints into the same position", async () => {
      const { market } = twin;
      const at = await adopt(market);
      const held = await addRanges(at);
      const { tickLower, tickUpper, liquidity } = held[0] as Held;
      const minter = await new ContractFactory(generousMinter.abi, generousMinter.bytecode, stranger).deploy();
      const minterAddress = await minter.getAddress();
      await twin.mint(market.base, minterAddress, 1_000n * WETH);
      await twin.mint(market.quote, minterAddress, 1_000_000n * USDC);
      const home = (await slot0(market)).root;
      const random = createPoolRandom(12);
      for (let i = 0; i < 4; i++) await randomWalk(market, random, home);
      const before = await at.adapter.read(2_500n * WAD, 0n);
      await minter.getFunction("mint")(
        market.pool,
        await at.adapter.getAddress(),
        tickLower,
        tickUpper,
        liquidity / 3n,
      );
      const donated = await at.adapter.read(2_500n * WAD, 0n);
      // What was earned is now owed at the pool; the gift itself is not ours to count.
      expect([...donated]).to.deep.equal([...before]);
      for (let i = 0; i < 4; i++) await randomWalk(market, random, home);
      const state = await at.adapter.read(2_500n * WAD, 0n);
      const got = await collectable(at, held);
      expect([state.feesBase, state.feesQuote]).to.deep.equal([got.base, got.quote]);
      // Everything the vault put in comes out again, and the range can be used once more.
      await at.call("remove", tickLower, tickUpper, liquidity);
      await at.call("add", tickLower, tickUpper, liquidity);
      await at.call("removeShare", 1n, 1n);
      expect(await at.adapter.ranges()).to.have.length(0);
    });
  });

  describe("amounts at a price", () => {
    for (const [baseDecimals, quoteDecimals, baseIsToken0] of [
      [18, 6, false],
      [18, 6, true],
      [6, 18, true],
      [8, 8, false],
    ] as const) {
      it(`are what the pool pays when it stands at that price: base ${baseDecimals}, quote ${quoteDecimals}, base is token${baseIsToken0 ? 0 : 1}`, async () => {
        const market = await twin.createMarket({ baseDecimals, quoteDecimals, baseIsToken0 });
        const at = await adopt(market);
        const held = await addRanges(at);
        const home = (await slot0(market)).root;
        const random = createPoolRandom(21);
        for (let i = 0; i < 8; i++) {
          const near = scaled(home, random.int(-95 * market.tickSpacing, 95 * market.tickSpacing));
          const priceWad = computePriceWadDown(near, market);
          await moveTo(market, computeSqrtPriceX96Down(priceWad, market));
          const state = await at.adapter.read(priceWad, 0n);
          const got = await removable(at, held);
          expect([state.base + state.feesBase, state.quote + state.feesQuote], `round ${i}`).to.deep.equal([
            got.base,
            got.quote,
          ]);
        }
      });

      it(`V07 at exactly the lower and the upper tick, come to from either side: base ${baseDecimals}, quote ${quoteDecimals}, base is token${baseIsToken0 ? 0 : 1}`, async () => {
        const market = await twin.createMarket({ baseDecimals, quoteDecimals, baseIsToken0 });
        const at = await adopt(market);
        const held = await addRanges(at);
        const library = await deployLibrary();
        let onTick = 0;
        let belowTick = 0;
        for (const range of held) {
          for (const edge of [range.tickLower, range.tickUpper]) {
            const root = getSqrtRatioAtTick(edge);
            for (const start of [scaled(root, -30), scaled(root, 30)]) {
              for (const target of [root, root - 1n, root + 1n]) {
                await moveTo(market, start);
                await moveTo(market, target);
                const { tick } = await slot0(market);
                if (target === root) {
                  if (tick === edge) onTick++;
                  else if (tick === edge - 1) belowTick++;
                }
                const fees = await at.adapter.read(WAD, 0n);
                let [amount0, amount1] = [0n, 0n];
                for (const { tickLower, tickUpper, liquidity } of held) {
                  const part = await library.amountsAt(
                    target,
                    getSqrtRatioAtTick(tickLower),
                    getSqrtRatioAtTick(tickUpper),
                    liquidity,
                  );
                  [amount0, amount1] = [amount0 + part.amount0, amount1 + part.amount1];
                }
                const expected = toBaseQuote({ amount0, amount1 }, market);
                const got = await removable(at, held);
                expect([expected.amountBase + fees.feesBase, expected.amountQuote + fees.feesQuote]).to.deep.equal([
                  got.base,
                  got.quote,
                ]);
              }
            }
          }
        }
        // The pool says edge - 1 when it came to the edge from above: both cases must have been met.
        expect([onTick, belowTick]).to.deep.equal([6, 6]);
      });
    }

    for (const [baseDecimals, quoteDecimals, baseIsToken0] of [
      [18, 6, false],
      [18, 6, true],
      [6, 18, false],
      [18, 18, true],
    ] as const) {
      it(`equal the sdk's for random ranges and prices, ends of the band included: base ${baseDecimals}, quote ${quoteDecimals}, base is token${baseIsToken0 ? 0 : 1}`, async () => {
        const market = await twin.createMarket({ baseDecimals, quoteDecimals, baseIsToken0 });
        const at = await adopt(market);
        const random = createPoolRandom(31);
        const spacing = market.tickSpacing;
        const centre = Math.floor((await slot0(market)).tick / spacing) * spacing;
        const held: Held[] = [];
        while (held.length < 4) {
          const a = centre + random.int(-2_000, 2_000) * spacing;
          const b = a + random.int(1, 1_500) * spacing;
          const range = { tickLower: a, tickUpper: b };
          const liquidity =
            (await liquidityFor(market, { tickLower: centre - 600, tickUpper: centre + 600 }, 1n)) + random.bits(8);
          await at.call("add", a, b, liquidity);
          held.push({ ...range, liquidity });
        }
        const sums = (priceWad: bigint): [bigint, bigint] => {
          const root = computeSqrtPriceX96Down(priceWad, market);
          let [amount0, amount1] = [0n, 0n];
          for (const { tickLower, tickUpper, liquidity } of held) {
            const part = getAmountsForLiquidityDown(
              root,
              getSqrtRatioAtTick(tickLower),
              getSqrtRatioAtTick(tickUpper),
              liquidity,
            );
            [amount0, amount1] = [amount0 + part.amount0, amount1 + part.amount1];
          }
          const { amountBase, amountQuote } = toBaseQuote({ amount0, amount1 }, market);
          return [amountBase, amountQuote];
        };
        for (let i = 0; i < 30; i++) {
          const root = scaled(getSqrtRatioAtTick(centre), random.int(-30_000, 30_000));
          const priceWad = computePriceWadDown(root, market);
          const bandBps = BigInt([0, 1, 50, 500][random.int(0, 3)] ?? 0);
          const state = await at.adapter.read(priceWad, bandBps);
          expect([state.base, state.quote]).to.deep.equal(sums(priceWad));
          expect([state.baseLow, state.quoteLow]).to.deep.equal(sums((priceWad * (10_000n - bandBps)) / 10_000n));
          expect([state.baseHigh, state.quoteHigh]).to.deep.equal(sums((priceWad * (10_000n + bandBps)) / 10_000n));
        }
      });
    }

    it("are zero with no range at all", async () => {
      const at = await adopt(twin.market);
      expect([...(await at.adapter.read(2_500n * WAD, 50n))]).to.deep.equal(Array(8).fill(0n));
    });
  });

  describe("ranges", () => {
    it("are at most four; the fifth is refused with both numbers; a freed place can be used", async () => {
      const at = await adopt(twin.market);
      const { tick } = await slot0(twin.market);
      const centre = Math.floor(tick / 10) * 10;
      const range = (i: number) => [centre - 100 * i, centre + 100 * i] as const;
      for (let i = 1; i <= 4; i++) await at.call("add", ...range(i), 10n ** 12n);
      await expect(at.call("add", ...range(5), 10n ** 12n))
        .to.be.revertedWithCustomError(at.adapter, "Liquidity_TooManyRanges")
        .withArgs(5, 4);
      await at.call("add", ...range(2), 10n ** 12n); // a range that is there grows
      const sorted = async () =>
        (await at.adapter.ranges()).map((r) => [Number(r.tickLower), r.liquidity] as const).sort((a, b) => b[0] - a[0]);
      expect(await sorted()).to.deep.equal([
        [centre - 100, 10n ** 12n],
        [centre - 200, 2n * 10n ** 12n],
        [centre - 300, 10n ** 12n],
        [centre - 400, 10n ** 12n],
      ]);
      await at.call("remove", ...range(1), 10n ** 12n);
      await at.call("add", ...range(5), 10n ** 12n);
      expect((await sorted()).map(([lower]) => lower)).to.deep.equal([2, 3, 4, 5].map((i) => centre - 100 * i));
    });

    it("refuse to give what they do not hold", async () => {
      const at = await adopt(twin.market);
      const held = await addRanges(at);
      const { tickLower, tickUpper, liquidity } = held[1] as Held;
      await expect(at.call("remove", tickLower, tickUpper, liquidity + 1n))
        .to.be.revertedWithCustomError(at.adapter, "Liquidity_RangeTooSmall")
        .withArgs(liquidity + 1n, liquidity);
      await expect(at.call("remove", tickLower, tickUpper + 10, 1n))
        .to.be.revertedWithCustomError(at.adapter, "Liquidity_UnknownRange")
        .withArgs(tickLower, tickUpper + 10);
      await at.call("remove", tickLower, tickUpper, liquidity);
      expect(await at.adapter.ranges()).to.have.length(2);
    });

    it("give a fraction of every range, rounded down, all fees whole, and count the fraction of both", async () => {
      const at = await adopt(twin.market);
      const held = await addRanges(at);
      const home = (await slot0(twin.market)).root;
      const random = createPoolRandom(41);
      for (let i = 0; i < 6; i++) await randomWalk(twin.market, random, home);
      for (const [numerator, denominator] of [
        [1n, 3n],
        [7n, 10n ** 18n],
        [10n ** 18n - 1n, 10n ** 18n],
        [1n, 1n],
      ] as const) {
        let [base, quote, shareBase, shareQuote, feesBase, feesQuote] = [0n, 0n, 0n, 0n, 0n, 0n];
        for (const { tickLower, tickUpper, liquidity } of held) {
          const [feeBase, feeQuote] = (await at.ask("remove", tickLower, tickUpper, 0n)) as [bigint, bigint];
          const part = (liquidity * numerator) / denominator;
          const [b, q] = (await at.ask("remove", tickLower, tickUpper, part)) as [bigint, bigint];
          [base, quote] = [base + b, quote + q];
          [feesBase, feesQuote] = [feesBase + feeBase, feesQuote + feeQuote];
          shareBase += b - feeBase + (feeBase * numerator) / denominator;
          shareQuote += q - feeQuote + (feeQuote * numerator) / denominator;
        }
        expect(await at.ask("removeShare", numerator, denominator), `${numerator}/${denominator}`).to.deep.equal([
          base,
          quote,
          shareBase,
          shareQuote,
          feesBase,
          feesQuote,
        ]);
      }
      await at.call("removeShare", 1n, 3n);
      const left = (await at.adapter.ranges()).map((r) => r.liquidity);
      expect(left).to.deep.equal(held.map(({ liquidity }) => liquidity - liquidity / 3n));
      await at.call("removeShare", 1n, 1n);
      expect(await at.adapter.ranges()).to.have.length(0);
      const adapter = await at.adapter.getAddress();
      for (const token of [twin.market.base, twin.market.quote]) expect(await balance(token, adapter)).to.equal(0n);
    });
  });

  describe("strangers", () => {
    it("V16 move nothing: every function of the adapter is the vault's", async () => {
      const at = await adopt(twin.market);
      await addRanges(at);
      const foreign = at.adapter.connect(stranger);
      const who = await stranger.getAddress();
      for (const call of [
        () => foreign.add(0, 10, 1n),
        () => foreign.remove(0, 10, 1n),
        () => foreign.removeShare(1n, 1n),
        () => foreign.swap(1n, MAX_UINT256),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(at.adapter, "Liquidity_OnlyVault").withArgs(who);
      }
      await at.call("removeShare", 1n, 1n); // control: its vault may
    });

    it("V16 cannot send the pool's bills", async () => {
      const at = await adopt(twin.market);
      const foreign = at.adapter.connect(stranger);
      const who = await stranger.getAddress();
      for (const call of [
        () => foreign.uniswapV3MintCallback(1n, 1n, "0x"),
        () => foreign.uniswapV3SwapCallback(1n, 1n, "0x"),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(at.adapter, "Liquidity_OnlyPool").withArgs(who);
      }
      // Another genuine pool is a stranger too.
      const other = await twin.createMarket({ baseDecimals: 18, quoteDecimals: 6, baseIsToken0: true });
      await twin.rpc.impersonate(other.pool);
      const asPool = at.adapter.connect(await twin.ethers.getSigner(other.pool));
      await expect(asPool.uniswapV3SwapCallback(1n, 1n, "0x"))
        .to.be.revertedWithCustomError(at.adapter, "Liquidity_OnlyPool")
        .withArgs(other.pool);
    });

    it("V04 even the real pool cannot bill a real vault that is not in an operation", async () => {
      await world.deposit(world.alice, "100000");
      const adapter = liquidityContract(world.addresses.liquidity, stranger);
      await twin.rpc.impersonate(twin.market.pool);
      const asPool = adapter.connect(await twin.ethers.getSigner(twin.market.pool));
      for (const call of [
        () => asPool.uniswapV3MintCallback(100n, 0n, "0x"),
        () => asPool.uniswapV3SwapCallback(100n, -1n, "0x"),
      ]) {
        await expect(call())
          .to.be.revertedWithCustomError(world.vault, "HedgedVault_OnlyAdapter")
          .withArgs(world.addresses.liquidity);
      }
    });

    it("cannot use the code that clones point to", async () => {
      const implementation = liquidityContract(system.uniswapV3Implementation, stranger);
      await expect(implementation.removeShare(1n, 1n)).to.be.revert(twin.ethers);
      await expect(implementation.uniswapV3SwapCallback(1n, 1n, "0x")).to.be.revert(twin.ethers);
    });
  });

  describe("swap", () => {
    for (const [baseDecimals, quoteDecimals, baseIsToken0] of [
      [18, 6, false],
      [18, 6, true],
      [6, 18, true],
      [8, 8, false],
    ] as const) {
      it(`keeps its limit to the unit both ways: base ${baseDecimals}, quote ${quoteDecimals}, base is token${baseIsToken0 ? 0 : 1}`, async () => {
        const market = await twin.createMarket({ baseDecimals, quoteDecimals, baseIsToken0 });
        const at = await adopt(market);
        const amount = 3n * 10n ** BigInt(baseDecimals);
        const [cost] = (await at.ask("swap", amount, MAX_UINT256)) as [bigint];
        const [gain] = (await at.ask("swap", -amount, 0n)) as [bigint];
        const fair = 7_500n * 10n ** BigInt(quoteDecimals);
        expect(-cost > fair && gain < fair && gain > (fair * 99n) / 100n, `${cost} ${gain}`).to.equal(true);

        expect(await at.ask("swap", amount, -cost)).to.deep.equal([cost]);
        await expect(at.ask("swap", amount, -cost - 1n))
          .to.be.revertedWithCustomError(at.adapter, "Liquidity_SwapAboveMaximum")
          .withArgs(-cost, -cost - 1n);
        expect(await at.ask("swap", -amount, gain)).to.deep.equal([gain]);
        await expect(at.ask("swap", -amount, gain + 1n))
          .to.be.revertedWithCustomError(at.adapter, "Liquidity_SwapBelowMinimum")
          .withArgs(gain, gain + 1n);

        // And in tokens.
        const owner = await at.lone.getAddress();
        const [base0, quote0] = [await balance(market.base, owner), await balance(market.quote, owner)];
        await at.call("swap", amount, -cost);
        expect([
          (await balance(market.base, owner)) - base0,
          (await balance(market.quote, owner)) - quote0,
        ]).to.deep.equal([amount, cost]);
        expect(await balance(market.base, await at.adapter.getAddress())).to.equal(0n);
        expect(await balance(market.quote, await at.adapter.getAddress())).to.equal(0n);
      });
    }

    it("reverts on a partial fill, both ways, with what was filled and asked", async () => {
      // $20,000 between 2,475 and 2,525 and nothing beyond. Wide spacing: the pool looks through its empty ticks faster.
      const market = await twin.createMarket({
        baseDecimals: 18,
        quoteDecimals: 6,
        baseIsToken0: true,
        feePips: 10_000,
        liquidity: [{ rangeFactor: 1.01, valueQuote: 20_000 }],
      });
      const at = await adopt(market);
      const asked = 50n * WETH;
      // All base that the pool holds, up to its roundings; and what all its quote buys, about as much.
      const pooled = await balance(market.base, market.pool);
      const allOfIt = (value: bigint): boolean => value <= pooled && value >= pooled - 3n;
      const some = (value: bigint): boolean => value > WETH && value < 10n * WETH;
      await expect(at.ask("swap", asked, MAX_UINT256))
        .to.be.revertedWithCustomError(at.adapter, "Liquidity_PartialFill")
        .withArgs(allOfIt, asked);
      await expect(at.ask("swap", -asked, 0n))
        .to.be.revertedWithCustomError(at.adapter, "Liquidity_PartialFill")
        .withArgs(some, asked);
      // Control: what is there is filled.
      expect((await at.ask("swap", WETH, MAX_UINT256))[0]).not.to.equal(0n);
      expect((await at.ask("swap", -WETH, 0n))[0]).not.to.equal(0n);
    });

    describe("V24 through the vault", () => {
      let strict: VaultWorld;
      let adapter: UniswapV3Liquidity;
      let lone: Lone;
      const borrow = { kind: Kind.adjust, amount: -2n * WETH, marginQuote: 100_000n * USDC };
      const strictPlan = async (...steps: readonly { kind: number; amount: bigint; marginQuote?: bigint }[]) =>
        strict.vault.connect(strict.keeper).rebalance.staticCall(
          steps.map((s) => ({ hedgeIndex: 0, tickLower: 0, tickUpper: 0, marginQuote: 0n, ...s })),
          {
            expectedEpoch: 0n,
            deadline: 2n ** 48n - 1n,
            maxResidualDeltaBase: MAX_UINT256,
            maxLossQuote: MAX_UINT256,
          },
        );
      /**
       * What the oracle's price and 6 bps allow; two units are left to the pool's own roundings: quote to buy, base to
       * sell. The oracle stands half a dollar on the wrong side of the pool's 2,500, so that about 4 bps are left for the
       * pool's fee of 5.
       */
      const worthOf = (amount: bigint, price10: bigint): bigint => (amount * price10 * USDC) / (10n * WETH);
      const mostToPay = (amount: bigint): bigint => (worthOf(amount, 24_995n) * 10_006n + 9_999n) / 10_000n + 2n;
      const leastToGet = (amount: bigint): bigint =>
        (worthOf(amount > 2n ? amount - 2n : 0n, 25_005n) * 9_994n) / 10_000n;
      const oracleForBuying = () => strict.actors.pushOracle({ baseUsd: 2_499.5, quoteUsd: 1 });
      const oracleForSelling = () => strict.actors.pushOracle({ baseUsd: 2_500.5, quoteUsd: 1 });
      const costOf = async (amount: bigint): Promise<bigint> =>
        -((await lone.ask("swap", amount, MAX_UINT256)) as [bigint])[0];
      const gainOf = async (amount: bigint): Promise<bigint> => ((await lone.ask("swap", -amount, 0n)) as [bigint])[0];

      beforeEach(async () => {
        strict = await createVaultWorld(twin, {
          policy: { ...LOOSE, maxDeltaBps: 5_000n, emergencyDeltaBps: 10_000n, maxSlippageBps: 6n },
        });
        await strict.deposit(strict.alice, "1000000");
        adapter = liquidityContract(strict.addresses.liquidity, admin);
        lone = await adopt(twin.market);
      });

      it("a price worse than the policy's slippage is refused with the limit from the oracle", async () => {
        const [cost, gain] = [await costOf(WETH), await gainOf(WETH)];
        await oracleForBuying();
        await expect(strictPlan({ kind: Kind.swap, amount: WETH }))
          .to.be.revertedWithCustomError(adapter, "Liquidity_SwapAboveMaximum")
          .withArgs(cost, 2_500_999_702n);
        await oracleForSelling();
        await expect(strictPlan(borrow, { kind: Kind.swap, amount: -WETH }))
          .to.be.revertedWithCustomError(adapter, "Liquidity_SwapBelowMinimum")
          .withArgs(gain, 2_498_999_699n);
        // Control: with a bound that covers the fee both go through.
        await world.deposit(world.alice, "1000000");
        await rebalance({ kind: Kind.swap, amount: WETH });
        await rebalance(borrow, { kind: Kind.swap, amount: -WETH });
      });

      it("V02 buying at exactly the limit passes, one unit dearer is refused", async () => {
        const met = { within: 0, exact: 0, beyond: 0 };
        await oracleForBuying();
        // From dust to 5 cents: there a fee of 5 bps outgrows 4 bps and two units, a unit at a time.
        for (const amount of [1n, 2n, 399_999_999n, 400_080_017n, ...steps(10n ** 12n, 40)]) {
          const [cost, limit] = [await costOf(amount), mostToPay(amount)];
          if (cost <= limit) await strictPlan({ kind: Kind.swap, amount });
          else {
            await expect(strictPlan({ kind: Kind.swap, amount }))
              .to.be.revertedWithCustomError(adapter, "Liquidity_SwapAboveMaximum")
              .withArgs(cost, limit);
          }
          if (cost < limit) met.within++;
          if (cost === limit) met.exact++;
          if (cost === limit + 1n) met.beyond++;
        }
        expect(met.within > 0 && met.exact > 0 && met.beyond > 0, JSON.stringify(met)).to.equal(true);
      });

      it("V02 selling for exactly the limit passes, one unit less is refused", async () => {
        const met = { exact: 0, beyond: 0 };
        await oracleForSelling();
        for (const amount of [1n, 399_999_999n, 400_000_001n, ...steps(10n ** 11n, 60)]) {
          const [gain, limit] = [await gainOf(amount), leastToGet(amount)];
          if (gain >= limit) await strictPlan(borrow, { kind: Kind.swap, amount: -amount });
          else {
            await expect(strictPlan(borrow, { kind: Kind.swap, amount: -amount }))
              .to.be.revertedWithCustomError(adapter, "Liquidity_SwapBelowMinimum")
              .withArgs(gain, limit);
          }
          if (gain === limit) met.exact++;
          if (gain === limit - 1n) met.beyond++;
        }
        expect(met.exact > 0 && met.beyond > 0, JSON.stringify(met)).to.equal(true);
      });
    });
  });

  describe("through the vault", () => {
    it("V10 what the book counts is what removing brings, and idle funds carry it to the unit", async () => {
      await world.deposit(world.alice, "2000000");
      const { tick } = await slot0(twin.market);
      const centre = Math.floor(tick / 10) * 10;
      const ranges = [
        { tickLower: centre - 300, tickUpper: centre + 300 },
        { tickLower: centre - 1_500, tickUpper: centre + 900 },
      ];
      const amounts = await Promise.all(ranges.map((range) => liquidityFor(twin.market, range, 200_000n)));
      await rebalance(
        { kind: Kind.adjust, amount: -200n * WETH, marginQuote: 1_000_000n * USDC },
        ...ranges.map((range, i) => ({ kind: Kind.add, amount: amounts[i] as bigint, ...range })),
      );
      for (const price of [2_450, 2_560, 2_500]) await world.actors.step({ price, volumeQuote: 3e6, seconds: 600 });

      const adapter = liquidityContract(world.addresses.liquidity, admin);
      // The pool stands at the price up to the grid of roots; one root further on is at most a few units of either token.
      const state = await adapter.read(2_500n * WAD, 0n);
      const [idleBase, idleQuote] = await world.vault.idle();
      const [book0] = await world.vault.book();
      expect(book0.navMinQuote <= book0.navQuote && book0.navQuote <= book0.navMaxQuote).to.equal(true);
      await rebalance(...ranges.map((range, i) => ({ kind: Kind.remove, amount: amounts[i] as bigint, ...range })));
      const [baseNow, quoteNow] = await world.vault.idle();
      expect(state.feesBase > 0n && state.feesQuote > 0n, "control: fees were earned").to.equal(true);
      expect([baseNow - idleBase, quoteNow - idleQuote]).to.deep.equal([
        state.base + state.feesBase,
        state.quote + state.feesQuote,
      ]);
      expect(await balance(twin.market.base, world.addresses.vault)).to.equal(baseNow);
      expect(await balance(twin.market.quote, world.addresses.vault)).to.equal(quoteNow);
      for (const token of [twin.market.base, twin.market.quote]) {
        expect(await balance(token, world.addresses.liquidity)).to.equal(0n);
        const owned = erc20Contract(token, twin.ethers.provider);
        expect(await owned.allowance(world.addresses.vault, twin.market.pool)).to.equal(0n);
        expect(await owned.allowance(world.addresses.liquidity, twin.market.pool)).to.equal(0n);
      }
    });

    it("a redeemer whose part of the short exceeds the own part of the base by interest alone is settled", async () => {
      // Everything borrowed is in the pool, nothing idle: the usual state of a vault that follows its policy.
      await world.deposit(world.alice, "2000000");
      const { tick } = await slot0(twin.market);
      const centre = Math.floor(tick / 10) * 10;
      const range = { tickLower: centre - 600, tickUpper: centre + 600 };
      const liquidity = await liquidityFor(twin.market, range, 500_000n);
      await rebalance(
        { kind: Kind.adjust, amount: -200n * WETH, marginQuote: 1_000_000n * USDC },
        { kind: Kind.add, amount: liquidity, ...range },
      );
      const [spare] = await world.vault.idle();
      await rebalance({ kind: Kind.adjust, amount: spare, marginQuote: 0n });
      await twin.advance(3_000);
      const { deltaBase } = (await world.snapshot()).vault.book;
      expect(deltaBase < 0n && deltaBase > -WETH / 100n, `delta ${deltaBase}`).to.equal(true);
      const shares = (await world.vault.balanceOf(world.alice)) / 10n;
      await world.vault.connect(world.alice).requestRedeem(shares, world.alice, world.alice);
      if ((await world.vault.maxRedeem(world.alice)) === 0n) await world.vault.settle(1n); // shows why
      expect(await world.vault.maxRedeem(world.alice)).to.equal(shares);
    });
  });

  describe("sdk/chain/exact against the pool", () => {
    /** The pool's loop over words of its tick bitmap, for a stretch without initialised ticks. */
    const simulate = (
      root: bigint,
      tick: number,
      liquidity: bigint,
      amount: bigint,
      zeroForOne: boolean,
      market: TwinMarket,
    ) => {
      let [current, at, remaining] = [root, tick, amount];
      let [amountIn, amountOut, growth, steps] = [0n, 0n, 0n, 0];
      while (remaining !== 0n) {
        const compressed = Math.floor(at / market.tickSpacing);
        const next = (zeroForOne ? compressed & ~255 : (compressed + 1) | 255) * market.tickSpacing;
        const target = getSqrtRatioAtTick(next);
        const result = computeSwapStep(current, target, liquidity, remaining, BigInt(market.feePips));
        remaining = amount > 0n ? remaining - result.amountIn - result.feeAmount : remaining + result.amountOut;
        amountIn += result.amountIn + result.feeAmount;
        amountOut += result.amountOut;
        growth += (result.feeAmount << 128n) / liquidity;
        current = result.sqrtRatioNextX96;
        at = current === target ? (zeroForOne ? next - 1 : next) : getTickAtSqrtRatio(current);
        steps++;
      }
      return { root: current, tick: at, amountIn, amountOut, growth, steps };
    };

    // At these prices the tick lies by a word of the bitmap, so that some swaps take two steps.
    for (const [baseDecimals, quoteDecimals, baseIsToken0, priceQuotePerBase] of [
      [18, 6, false, 2_752],
      [6, 18, true, 2_839],
    ] as const) {
      it(`40 random swaps, exact input and output, bit for bit: base ${baseDecimals}, quote ${quoteDecimals}`, async () => {
        const market = await twin.createMarket({ baseDecimals, quoteDecimals, baseIsToken0, priceQuotePerBase });
        const random = createPoolRandom(51);
        const [liquidity] = (await twin.rpc.read(market.pool, POOL_ABI, "liquidity")) as readonly [bigint];
        const home = (await slot0(market)).root;
        let longest = 0;
        for (let i = 0; i < 40; i++) {
          const { root, tick } = await slot0(market);
          // Towards home when far from it, so that the background range is never left.
          const zeroForOne =
            root > scaled(home, 1_500) ? true : root < scaled(home, -1_500) ? false : random.int(0, 1) === 0;
          const exactInput = random.int(0, 1) === 0;
          const inBase = zeroForOne === market.baseIsToken0;
          const tokenIsBase = exactInput ? inBase : !inBase;
          const whole = 10n ** BigInt(tokenIsBase ? market.baseDecimals : market.quoteDecimals);
          // From one unit to about $3M.
          const largest = tokenIsBase ? 1_200n * whole : 3_000_000n * whole;
          const part = random.int(0, 1) === 0 ? random.bits(60) : BigInt(random.int(0, 1_000_000)) << 40n;
          const amount = (part * largest) / 2n ** 60n + 1n;
          const expected = simulate(root, tick, liquidity, exactInput ? amount : -amount, zeroForOne, market);
          const [growth0, growth1] = [
            (await poolRead(market, "feeGrowthGlobal0X128"))[0] as bigint,
            (await poolRead(market, "feeGrowthGlobal1X128"))[0] as bigint,
          ];
          const hash = await trade(
            market,
            exactInput ? "exactInputSingle" : "exactOutputSingle",
            zeroForOne,
            amount,
            exactInput ? 0n : MAX_UINT128,
            0n,
          );
          const swap = (await twin.rpc.receipt(hash)).logs
            .filter((log) => log.address.toLowerCase() === market.pool.toLowerCase())
            .map((log) => POOL_ABI.parseLog({ topics: [...log.topics], data: log.data }))
            .find((log) => log?.name === "Swap");
          const [amount0, amount1] = [swap?.args["amount0"] as bigint, swap?.args["amount1"] as bigint];
          const now = await slot0(market);
          expect(
            {
              root: now.root,
              tick: now.tick,
              in: zeroForOne ? amount0 : amount1,
              out: -(zeroForOne ? amount1 : amount0),
              growth0: ((await poolRead(market, "feeGrowthGlobal0X128"))[0] as bigint) - growth0,
              growth1: ((await poolRead(market, "feeGrowthGlobal1X128"))[0] as bigint) - growth1,
              liquidity: swap?.args["liquidity"] as bigint,
            },
            `swap ${i}`,
          ).to.deep.equal({
            root: expected.root,
            tick: expected.tick,
            in: expected.amountIn,
            out: expected.amountOut,
            growth0: zeroForOne ? expected.growth : 0n,
            growth1: zeroForOne ? 0n : expected.growth,
            liquidity,
          });
          longest = Math.max(longest, expected.steps);
        }
        expect(longest > 1, "some swap crossed a word of the tick bitmap").to.equal(true);
      });
    }
  });
});

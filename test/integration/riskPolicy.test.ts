import { expect } from "chai";
import { encodeBytes32String, type Signer } from "ethers";
import { after, afterEach, before, describe, it } from "mocha";

import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { policyContract } from "../../sdk/chain/contracts.ts";
import type { PolicyParams } from "../../sdk/policy/types.ts";
import type { RiskPolicy } from "../../types/contracts/RiskPolicy.ts";
import { createPoolRandom } from "../unit/sdk/exact/random.ts";
import { createVaultWorld, type VaultWorld } from "./world.ts";

const WAD = 10n ** 18n;
const WETH = 10n ** 18n;
const USDC = 10n ** 6n;
const DAY = 86_400;
const MAX_UINT256 = 2n ** 256n - 1n;

/** Easy numbers: the band is 20 WETH, the budget 10,000 USDC a day. */
const PARAMS: PolicyParams = {
  maxDeltaBps: 500n,
  maxLossBpsPerDay: 100n,
  maxSlippageBps: 50n,
  cooldownSeconds: 60n,
  exitDelaySeconds: 86_400n,
  healthFloorWad: (WAD * 125n) / 100n,
};
const NAV = 1_000_000n * USDC;
const BAND = 20n * WETH;
const BUDGET = 10_000n * USDC;

interface Books {
  readonly navQuote: bigint;
  readonly deltaBase: bigint;
  readonly healthWad: bigint;
}
const HEALTHY: Books = { navQuote: NAV, deltaBase: 0n, healthWad: 2n * WAD };

describe("RiskPolicy", () => {
  let twin: Twin;
  let world: VaultWorld;
  let policy: RiskPolicy;
  let pristine: TwinSnapshot;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    // The factory makes policy and vault; the test then speaks as that vault.
    world = await createVaultWorld(twin, { policy: PARAMS });
    await twin.rpc.impersonate(world.addresses.vault);
    policy = policyContract(world.addresses.policy, await twin.ethers.getSigner(world.addresses.vault));
    pristine = await twin.snapshot();
  });
  afterEach(() => twin.revert(pristine));
  after(() => twin.close());

  const bookOf = (books: Partial<Books>, fallback: Books = HEALTHY) => {
    const { navQuote, deltaBase, healthWad } = { ...fallback, ...books };
    return {
      priceWad: 2_500n * WAD,
      navQuote,
      navMinQuote: navQuote,
      navMaxQuote: navQuote,
      deltaBase,
      healthWad,
      pending: false,
      lost: false,
    };
  };
  const promiseOf = (promised: { maxResidualDeltaBase?: bigint; maxLossQuote?: bigint } = {}) => ({
    expectedEpoch: 0n,
    deadline: 0n,
    maxResidualDeltaBase: MAX_UINT256,
    maxLossQuote: MAX_UINT256,
    ...promised,
  });
  /** Judged at the time of the latest block, without an effect. */
  const judge = (from: Partial<Books>, to: Partial<Books>, promised = {}) =>
    policy.enforce.staticCall(bookOf(from), bookOf(to), promiseOf(promised));
  const enforce = (from: Partial<Books>, to: Partial<Books>, promised = {}) =>
    policy.enforce(bookOf(from), bookOf(to), promiseOf(promised));
  const lose = (loss: bigint, navQuote = NAV) => enforce({ navQuote }, { navQuote: navQuote - loss });

  describe("delta band (V02)", () => {
    for (const sign of [1n, -1n]) {
      const side = sign > 0n ? "long" : "short";
      it(`V02 ${side}: exactly at the limit passes, one unit beyond is refused`, async () => {
        await judge({}, { deltaBase: sign * BAND });
        await expect(judge({}, { deltaBase: sign * (BAND + 1n) }))
          .to.be.revertedWithCustomError(policy, "RiskPolicy_DeltaOutsideBand")
          .withArgs(sign * (BAND + 1n), BAND);
      });

      it(`${side} outside the band: smaller with the same sign passes, the same or larger is refused`, async () => {
        const deltaBase = sign * 30n * WETH;
        await judge({ deltaBase }, { deltaBase: deltaBase - sign });
        await judge({ deltaBase }, { deltaBase: sign * (BAND + 1n) });
        for (const worse of [deltaBase, deltaBase + sign]) {
          await expect(judge({ deltaBase }, { deltaBase: worse }))
            .to.be.revertedWithCustomError(policy, "RiskPolicy_DeltaOutsideBand")
            .withArgs(worse, BAND);
        }
      });

      it(`${side} outside the band: an overshoot to the other sign must end inside it`, async () => {
        const deltaBase = sign * 30n * WETH;
        await judge({ deltaBase }, { deltaBase: -sign * BAND });
        await expect(judge({ deltaBase }, { deltaBase: -sign * (BAND + 1n) }))
          .to.be.revertedWithCustomError(policy, "RiskPolicy_DeltaOutsideBand")
          .withArgs(-sign * (BAND + 1n), BAND);
      });
    }

    it("is measured in the NAV that is left, rounded down", async () => {
      // 5 % of 999,999.999999 at 2,500: 19.99999999998 WETH, the twelfth digit of USDC cut off first.
      const navQuote = NAV - 1n;
      const limit = ((navQuote * 500n) / 10_000n) * (10n ** 30n / (2_500n * WAD));
      expect(limit < BAND).to.equal(true);
      await judge({}, { navQuote, deltaBase: limit });
      await expect(judge({}, { navQuote, deltaBase: limit + 1n }))
        .to.be.revertedWithCustomError(policy, "RiskPolicy_DeltaOutsideBand")
        .withArgs(limit + 1n, limit);
    });

    it("closes with the NAV: without any, only a smaller delta passes", async () => {
      const from = { navQuote: 0n, deltaBase: 5n };
      await judge(from, { navQuote: 0n, deltaBase: 4n });
      await judge(from, { navQuote: 0n, deltaBase: 0n });
      await expect(judge({ navQuote: 0n }, { navQuote: 0n, deltaBase: 1n }))
        .to.be.revertedWithCustomError(policy, "RiskPolicy_DeltaOutsideBand")
        .withArgs(1n, 0n);
    });
  });

  describe("promise", () => {
    it("V02 of the residual delta: exactly kept passes, one unit beyond is refused, either sign", async () => {
      for (const sign of [1n, -1n]) {
        const promised = { maxResidualDeltaBase: 3n * WETH };
        await judge({}, { deltaBase: sign * 3n * WETH }, promised);
        await expect(judge({}, { deltaBase: sign * (3n * WETH + 1n) }, promised))
          .to.be.revertedWithCustomError(policy, "RiskPolicy_PromisedDeltaMissed")
          .withArgs(sign * (3n * WETH + 1n), 3n * WETH);
      }
    });

    it("V02 of the loss: exactly kept passes, one unit beyond is refused; a gain needs none", async () => {
      const promised = { maxLossQuote: 500n * USDC };
      await judge({}, { navQuote: NAV - 500n * USDC }, promised);
      await expect(judge({}, { navQuote: NAV - 500n * USDC - 1n }, promised))
        .to.be.revertedWithCustomError(policy, "RiskPolicy_PromisedLossExceeded")
        .withArgs(500n * USDC + 1n, 500n * USDC);
      await judge({}, { navQuote: NAV }, { maxLossQuote: 0n });
      await judge({}, { navQuote: NAV + 1n }, { maxLossQuote: 0n });
    });
  });

  describe("health floor", () => {
    const floor = PARAMS.healthFloorWad;
    it("V02 at the floor passes, one unit below is refused", async () => {
      await judge({}, { healthWad: floor });
      await expect(judge({}, { healthWad: floor - 1n }))
        .to.be.revertedWithCustomError(policy, "RiskPolicy_HealthBelowFloor")
        .withArgs(floor - 1n, floor);
    });

    it("below the floor only better passes", async () => {
      const healthWad = (WAD * 11n) / 10n;
      await judge({ healthWad }, { healthWad: healthWad + 1n });
      for (const worse of [healthWad, healthWad - 1n]) {
        await expect(judge({ healthWad }, { healthWad: worse }))
          .to.be.revertedWithCustomError(policy, "RiskPolicy_HealthBelowFloor")
          .withArgs(worse, floor);
      }
    });

    it("no debt is the best health there is", async () => {
      await judge({ healthWad: WAD }, { healthWad: MAX_UINT256 });
      await judge({ healthWad: MAX_UINT256 }, { healthWad: floor });
    });
  });

  describe("loss bucket (V03)", () => {
    it("V02 a loss of the whole budget passes and is announced, one unit more is refused", async () => {
      await expect(judge({}, { navQuote: NAV - BUDGET - 1n }))
        .to.be.revertedWithCustomError(policy, "RiskPolicy_LossBudgetExceeded")
        .withArgs(BUDGET + 1n, BUDGET);
      await expect(lose(BUDGET)).to.emit(policy, "LossCharged").withArgs(BUDGET, BUDGET, BUDGET);
      expect(await policy.bucketQuote(NAV)).to.equal(BUDGET);
    });

    it("V03 losses of one moment add up to the budget and no further", async () => {
      // A second leaks 115,740.74 units of 10^10 in 86,400; each transaction comes a second after the last.
      const part = BUDGET / 10n;
      for (let i = 0; i < 10; i++) {
        await twin.advance(60); // the cooldown
        await lose(part);
      }
      const level = await policy.bucketQuote(NAV);
      const leak = BUDGET - level;
      expect(leak > 0n && leak < (BUDGET * 700n) / BigInt(DAY), `leaked ${leak} in ten minutes`).to.equal(true);
      await twin.advance(59);
      const room = BUDGET - (await policy.bucketQuote(NAV));
      await twin.advance(1);
      await expect(judge({}, { navQuote: NAV - room - BUDGET / 1_000n })).to.be.revertedWithCustomError(
        policy,
        "RiskPolicy_LossBudgetExceeded",
      );
    });

    it("leaks linearly, rounded against the keeper, and is empty after a day", async () => {
      await lose(BUDGET);
      const at = await twin.timestamp();
      for (const elapsed of [1, 2, 3_600, DAY / 4, DAY / 2, DAY - 1, DAY, DAY + 1, 40 * DAY]) {
        await twin.advanceTo(at + elapsed);
        const leaked = (BUDGET * BigInt(Math.min(elapsed, DAY))) / BigInt(DAY);
        expect(await policy.bucketQuote(NAV), `after ${elapsed} s`).to.equal(BUDGET - leaked);
      }
    });

    it("V02 after a quarter of a day exactly a quarter may be lost again", async () => {
      await lose(BUDGET);
      await twin.advance(DAY / 4);
      await judge({}, { navQuote: NAV - BUDGET / 4n });
      await expect(judge({}, { navQuote: NAV - BUDGET / 4n - 1n }))
        .to.be.revertedWithCustomError(policy, "RiskPolicy_LossBudgetExceeded")
        .withArgs(BUDGET + 1n, BUDGET);
    });

    it("V03 a day of rebalances, each losing all it may, loses no more than the daily budget", async () => {
      let total = 0n;
      const start = await twin.timestamp();
      for (let i = 0; i <= 24; i++) {
        const room = BUDGET - (await policy.bucketQuote(NAV));
        if (room > 0n) await lose(room);
        total += room;
        if (i < 24) await twin.advanceTo(start + Math.floor(((i + 1) * (DAY - 100)) / 24));
      }
      expect((await twin.timestamp()) - start < DAY).to.equal(true);
      expect(total >= BUDGET, "control: the budget can be used").to.equal(true);
      expect(total <= BUDGET, `lost ${Number(total) / Number(BUDGET)} budgets in a day`).to.equal(true);
    });

    it("V03 in any two days no more than three budgets, however the losses are spread", async () => {
      const random = createPoolRandom(61);
      let total = 0n;
      const start = await twin.timestamp();
      while ((await twin.timestamp()) - start < 2 * DAY - 8_000) {
        await twin.advance(random.int(60, 7_000));
        const room = BUDGET - (await policy.bucketQuote(NAV));
        const loss = random.int(0, 2) === 0 ? room : (room * BigInt(random.int(0, 100))) / 100n;
        if (loss === 0n) continue;
        await lose(loss);
        total += loss;
      }
      expect(total > BUDGET && total <= 3n * BUDGET, String(total)).to.equal(true);
    });

    it("V03 a bucket filled before holders left drains again: the keeper is not locked out for good", async () => {
      await lose(BUDGET);
      // Seven tenths of the vault are redeemed: the budget of what is left is 3,000 USDC a day.
      const navQuote = (NAV * 3n) / 10n;
      const capacity = (BUDGET * 3n) / 10n;
      await twin.advance(DAY);
      expect(await policy.bucketQuote(navQuote)).to.equal(BUDGET - capacity);
      await expect(lose(1n, navQuote)).to.be.revertedWithCustomError(policy, "RiskPolicy_LossBudgetExceeded");
      // 10,000 USDC drain at 3,000 a day in less than four days.
      await twin.advance(3 * DAY);
      expect(await policy.bucketQuote(navQuote)).to.equal(0n);
      await lose(1n, navQuote);
    });

    it("a gain is never refused and never refills the budget, whatever the bucket holds", async () => {
      const random = createPoolRandom(62);
      await lose(BUDGET);
      for (let i = 0; i < 60; i++) {
        await twin.advance(60);
        const level = await policy.bucketQuote(NAV);
        const from = {
          navQuote: NAV,
          deltaBase: BigInt(random.int(-100, 100)) * WETH,
          healthWad: WAD + random.bits(60),
        };
        const shrunk = (from.deltaBase * BigInt(random.int(0, 99))) / 100n;
        const to = {
          navQuote: NAV + random.bits(50),
          // Inside the band, or smaller with the same sign.
          deltaBase: random.int(0, 1) === 0 ? shrunk : BigInt(random.int(-20, 20)) * WETH,
          healthWad: from.healthWad + 1n + random.bits(60),
        };
        await enforce(from, to, { maxLossQuote: 0n });
        const after = await policy.bucketQuote(NAV);
        const leaked = BUDGET / BigInt(DAY) + 1n;
        expect(after <= level && after >= level - leaked, "only time drains").to.equal(true);
      }
    });
  });

  describe("cooldown", () => {
    it("V02 refuses in its last second, passes at its end, and starts again with every action", async () => {
      await enforce({}, {});
      const at = await twin.timestamp();
      expect(await policy.lastActionAt()).to.equal(BigInt(at));
      for (const age of [0, 59]) {
        await twin.advanceTo(at + Math.max(age, 1));
        await expect(judge({}, {}))
          .to.be.revertedWithCustomError(policy, "RiskPolicy_CoolingDown")
          .withArgs(at + 60);
      }
      await twin.advanceTo(at + 60);
      await judge({}, {});
      await enforce({}, {});
      await expect(judge({}, {}))
        .to.be.revertedWithCustomError(policy, "RiskPolicy_CoolingDown")
        .withArgs((await twin.timestamp()) + 60);
    });

    it("is waived when risk falls, and only then", async () => {
      await enforce({}, {});
      const from = { deltaBase: 5n * WETH, healthWad: (WAD * 15n) / 10n };
      for (const [title, to] of [
        ["smaller delta", { ...from, deltaBase: from.deltaBase - 1n }],
        ["smaller delta of the other sign", { ...from, deltaBase: 1n - from.deltaBase }],
        ["better health", { ...from, healthWad: from.healthWad + 1n }],
        ["both", { deltaBase: 0n, healthWad: from.healthWad + 1n }],
      ] as const) {
        await judge(from, to).catch((error: Error) => {
          throw new Error(`${title}: ${error.message}`);
        });
      }
      for (const to of [
        from,
        { ...from, deltaBase: from.deltaBase + 1n },
        { ...from, healthWad: from.healthWad - 1n },
        { deltaBase: from.deltaBase - 1n, healthWad: from.healthWad - 1n },
        { deltaBase: from.deltaBase + 1n, healthWad: from.healthWad + 1n },
        { deltaBase: -from.deltaBase, healthWad: from.healthWad },
      ]) {
        await expect(judge(from, to)).to.be.revertedWithCustomError(policy, "RiskPolicy_CoolingDown");
      }
    });
  });

  describe("who", () => {
    it("V16 enforces for its vault and nobody else", async () => {
      for (const who of [world.admin, world.keeper, world.bob]) {
        await expect(policy.connect(who).enforce(bookOf({}), bookOf({}), promiseOf()))
          .to.be.revertedWithCustomError(policy, "RiskPolicy_OnlyVault")
          .withArgs(await who.getAddress());
      }
      await enforce({}, {});
    });

    it("is initialised once, and its implementation never", async () => {
      const args = [world.addresses.vault, world.addresses.authority, 1n, { ...PARAMS }] as const;
      for (const target of [policy, policyContract(world.system.policyImplementation, world.admin)]) {
        await expect(target.connect(world.admin).initialize(...args)).to.be.revertedWithCustomError(
          policy,
          "InvalidInitialization",
        );
      }
      expect(await policy.vault()).to.equal(world.addresses.vault);
      expect(await policy.scale()).to.equal(10n ** 30n);
    });

    it("lets the admin change the bounds and nobody else, and says what they are", async () => {
      const params = { ...PARAMS, maxDeltaBps: 400n };
      const outsiders: readonly Signer[] = [world.keeper, world.guardian, world.bob];
      for (const who of outsiders) {
        await expect(policy.connect(who).setParams(params))
          .to.be.revertedWithCustomError(policy, "AccessManagedUnauthorized")
          .withArgs(await who.getAddress());
      }
      await judge({}, { deltaBase: BAND });
      await expect(policy.connect(world.admin).setParams(params))
        .to.emit(policy, "ParamsChanged")
        .withArgs(Object.values(params));
      const stored = await policy.params();
      expect([stored.maxDeltaBps, stored.healthFloorWad]).to.deep.equal([400n, PARAMS.healthFloorWad]);
      expect(await policy.maxSlippageBps()).to.equal(50n);
      await expect(judge({}, { deltaBase: BAND }))
        .to.be.revertedWithCustomError(policy, "RiskPolicy_DeltaOutsideBand")
        .withArgs(BAND, 16n * WETH);
    });

    for (const [field, min, max] of [
      ["maxDeltaBps", 1n, 5_000n],
      ["maxLossBpsPerDay", 1n, 1_000n],
      ["maxSlippageBps", 1n, 500n],
      ["cooldownSeconds", 0n, 86_400n],
      ["exitDelaySeconds", 0n, 14n * 86_400n],
      ["healthFloorWad", (WAD * 102n) / 100n, 5n * WAD],
    ] as const) {
      it(`V02 takes ${field} from ${min} to ${max} and nothing else`, async () => {
        const admin = policy.connect(world.admin);
        for (const value of min === 0n ? [max + 1n] : [min - 1n, max + 1n]) {
          await expect(admin.setParams({ ...PARAMS, [field]: value }))
            .to.be.revertedWithCustomError(policy, "RiskPolicy_ParamOutOfBounds")
            .withArgs(encodeBytes32String(field), value, min, max);
        }
        for (const value of [min, max]) {
          await admin.setParams({ ...PARAMS, [field]: value });
          expect((await policy.params())[field]).to.equal(value);
        }
      });
    }
  });

  describe("around a real vault", () => {
    it("V03 V22 a keeper who churns loses at most the budget, then is stopped until it leaks", async () => {
      const churned = await createVaultWorld(twin, {
        policy: { cooldownSeconds: 0n, maxLossBpsPerDay: 5n, maxDeltaBps: 5_000n },
      });
      await churned.deposit(churned.alice, "1000000");
      const start = await churned.vault.totalAssets();
      const budget = (start * 5n) / 10_000n;
      const churn = async () =>
        churned.vault.connect(churned.keeper).rebalance(
          [40n * WETH, -40n * WETH].map((amount) => ({
            kind: 3,
            hedgeIndex: 0,
            tickLower: 0,
            tickUpper: 0,
            amount,
            marginQuote: 0n,
          })),
          {
            expectedEpoch: await churned.vault.epoch(),
            deadline: 2n ** 48n - 1n,
            maxResidualDeltaBase: MAX_UINT256,
            maxLossQuote: MAX_UINT256,
          },
        );
      let rounds = 0;
      let refusal = "";
      while (refusal === "" && rounds < 50) {
        await churn().then(
          () => rounds++,
          (error: Error) => (refusal = error.message),
        );
      }
      expect(refusal).to.contain("RiskPolicy_LossBudgetExceeded");
      const lost = start - (await churned.vault.totalAssets());
      // A round trip of 100,000 costs about 100; seconds of leak are part of the bound.
      expect(rounds >= 3, `${rounds} rounds`).to.equal(true);
      expect(lost > (budget * 3n) / 4n && lost <= budget + budget / 1_000n, `lost ${lost} of ${budget}`).to.equal(true);
      await twin.advance(DAY / 2);
      await churned.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
      await churn();
    });
  });
});

// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {LeakyBucket} from "../../../contracts/libraries/LeakyBucket.sol";
import {BPS, PriceMath} from "../../../contracts/libraries/PriceMath.sol";
import {RangeMath} from "../../../contracts/libraries/RangeMath.sol";
import {Math as MathModel} from "../../proofs/MathModel.sol";
import {RedemptionProof} from "../../proofs/RedemptionProof.sol";
import {ShareProof} from "../../proofs/ShareProof.sol";
import {Test} from "./Test.sol";

/// @dev Exhaustive: every combination of a small domain, on the genuine code with OpenZeppelin's arithmetic. What the
/// proofs of test/proofs state for all numbers but about a model of that arithmetic, and what no proof reaches.
contract SmallDomainsTest is Test {
    uint256 private constant DAY = 1 days;
    uint256 private constant Q96 = 1 << 96;

    // --- LeakyBucket

    /// Levels 0…64 × capacities 0…64 × every eighth of a day up to a day and an eighth, and a second beside each.
    function test_exhaustive_lossBucket_isTheExactLevelRoundedUp() external pure {
        for (uint256 eighth = 0; eighth <= 9; ++eighth) {
            for (uint256 beside = 0; beside < 3; ++beside) {
                if (eighth + beside == 0) continue; // a second before no time at all
                uint256 time = (eighth * DAY) / 8 + beside - 1;
                for (uint256 level = 0; level <= 64; ++level) {
                    for (uint256 capacity = 0; capacity <= 64; ++capacity) {
                        uint256 left = LeakyBucket.levelAfterUp(level, capacity, time);
                        // In parts of a day: left is the smallest whole number that is not below the exact level.
                        uint256 leaked = capacity * time;
                        uint256 exact = level * DAY > leaked ? level * DAY - leaked : 0;
                        assertTrue(left * DAY >= exact && (left == 0 || (left - 1) * DAY < exact), "level");
                    }
                }
            }
        }
    }

    // --- PriceMath

    function test_exhaustive_quoteOf_roundsAsAsked() external pure {
        for (uint256 scale = 1; scale <= 24; ++scale) {
            for (uint256 base = 0; base <= 24; ++base) {
                for (uint256 price = 0; price <= 24; ++price) {
                    uint256 down = PriceMath.quoteOf(base, price, scale, Math.Rounding.Floor);
                    uint256 up = PriceMath.quoteOf(base, price, scale, Math.Rounding.Ceil);
                    assertTrue(down * scale <= base * price && base * price < (down + 1) * scale, "down");
                    assertTrue(up * scale >= base * price && base * price + scale > up * scale, "up");
                    assertEq(PriceMath.quoteOfSignedDown(int256(base), price, scale), int256(down), "long");
                    assertEq(PriceMath.quoteOfSignedDown(-int256(base), price, scale), -int256(up), "short");
                }
            }
        }
    }

    /// All 169 pairs of decimals.
    function test_exhaustive_scaleOf_V17_isTenToTheDifference() external pure {
        for (uint8 base = 6; base <= 18; ++base) {
            for (uint8 quote = 6; quote <= 18; ++quote) {
                assertEq(PriceMath.scaleOf(base, quote) * 10 ** quote, 10 ** 18 * 10 ** base, "scale");
            }
        }
    }

    /// V02: spots and targets 1…40 × bounds × both token orders, against the fraction itself. Fractions this small are
    /// never closer to a bound than the library's own rounding, unless they are exactly on it.
    function test_exhaustive_isWithin_V02_isTheExactComparison() external pure {
        uint16[8] memory bounds = [1, 199, 396, 500, 975, 1_000, 1_900, 2_000];
        for (uint256 i = 0; i < bounds.length; ++i) {
            for (uint160 spot = 1; spot <= 40; ++spot) {
                for (uint160 target = 1; target <= 40; ++target) {
                    uint256 n = uint256(spot) * spot * BPS;
                    uint256 d = uint256(target) * target;
                    bool expected = n >= d * (BPS - bounds[i]) && n <= d * (BPS + bounds[i]);
                    assertTrue(PriceMath.isWithin(spot, target, bounds[i], true) == expected, "base is token0");
                    assertTrue(PriceMath.isWithin(target, spot, bounds[i], false) == expected, "base is token1");
                }
            }
        }
    }

    /// Every scale × every power of two up to 2^254, and a unit beside each: the same comparison without shifts.
    function test_exhaustive_isRepresentable_isBetweenTheTwoPowers() external pure {
        for (uint256 exponent = 6; exponent <= 30; ++exponent) {
            uint256 scale = 10 ** exponent;
            assertTrue(!PriceMath.isRepresentable(0, scale), "no price");
            for (uint256 power = 0; power <= 254; ++power) {
                for (uint256 beside = 0; beside < 3; ++beside) {
                    uint256 price = 2 ** power + beside - 1;
                    if (price == 0) continue;
                    bool expected = price / 2 ** 64 < scale && scale / price < 2 ** 64;
                    assertTrue(PriceMath.isRepresentable(price, scale) == expected, "price");
                }
            }
        }
    }

    // --- RangeMath

    /// V07: ranges between square-root prices of 1…6 quarters, prices at 1…7 quarters and a unit beside each, liquidity
    /// 0…6. As the price rises token0 falls and token1 rises, and two parts hold no more of either than the whole.
    function test_exhaustive_amountsAt_V07_followThePriceAndPartsHoldNoMore() external pure {
        for (uint256 low = 1; low < 6; ++low) {
            for (uint256 high = low + 1; high <= 6; ++high) {
                for (uint128 liquidity = 0; liquidity <= 6; ++liquidity) {
                    (uint256 last0, uint256 last1) = (type(uint256).max, 0);
                    for (uint256 step = 3; step <= 23; ++step) {
                        uint160 root = uint160(((step / 3) * Q96) / 4 + (step % 3) - 1);
                        (uint256 whole0, uint256 whole1) = _amountsAt(root, low, high, liquidity);
                        assertLe(whole0, last0, "token0 at a higher price");
                        assertLe(last1, whole1, "token1 at a lower price");
                        (last0, last1) = (whole0, whole1);
                        for (uint128 part = 0; part <= liquidity; ++part) {
                            (uint256 one0, uint256 one1) = _amountsAt(root, low, high, part);
                            (uint256 other0, uint256 other1) = _amountsAt(root, low, high, liquidity - part);
                            assertLe(one0 + other0, whole0, "token0 of the parts");
                            assertLe(one1 + other1, whole1, "token1 of the parts");
                        }
                    }
                }
            }
        }
    }

    function _amountsAt(
        uint160 root,
        uint256 low,
        uint256 high,
        uint128 liquidity
    ) private pure returns (uint256, uint256) {
        return RangeMath.amountsAt(root, uint160((low * Q96) / 4), uint160((high * Q96) / 4), liquidity);
    }

    // --- shares and redemptions: the proved properties, run with the genuine arithmetic

    /// Assets 0…12 × NAV 0…12 × supplies around zero, the virtual shares and a whole number of them.
    function test_exhaustive_shares_V05_V06_everyPropertyHolds() external {
        ShareProof proof = new ShareProof();
        uint256[7] memory supplies = [uint256(0), 1, 2, 999_999, 1_000_000, 1_000_001, 12_000_000];
        for (uint256 i = 0; i < supplies.length; ++i) {
            uint256 supply = supplies[i];
            for (uint256 nav = 0; nav <= 12; ++nav) {
                for (uint256 x = 0; x <= 12; ++x) {
                    proof.prove_roundTripNeverGains(x, nav, supply);
                    proof.prove_depositThenRedeemNeverGains(x, nav, supply);
                    proof.prove_aDepositNeverLowersTheSharePrice(x, nav, supply);
                    // Shares: around multiples of what a unit of assets buys.
                    uint256 shares = (x * 1e6) / 3;
                    proof.prove_mintThenRedeemNeverGains(shares, nav, supply);
                    proof.prove_aMintNeverLowersTheSharePrice(shares, nav, supply);
                    proof.prove_whatAMintCostsWouldBuyItsShares(shares, nav, supply);
                    if (shares > 0) proof.prove_sharesAreNeverFree(shares, nav, supply);
                    for (uint256 y = x; y <= 12; ++y) {
                        proof.prove_moreAssetsNeverGiveFewerShares(x, y, nav, supply);
                        proof.prove_aHigherNavNeverGivesMoreShares(nav, x, y, supply);
                        proof.prove_twoDepositsNeverGiveMoreThanOne(x, y, nav, supply);
                    }
                }
            }
        }
    }

    /// Assets 0…60 × rates of every ten thousandth of a percent up to a hundredth, and of every hundredth up to 1 %.
    function test_exhaustive_entryCost_everyPropertyHolds() external {
        ShareProof proof = new ShareProof();
        for (uint256 i = 0; i <= 200; ++i) {
            uint256 ppm = i <= 100 ? i : (i - 100) * 100;
            for (uint256 x = 0; x <= 60; ++x) {
                if (x > 1) proof.prove_theEntryCostIsLessThanTheDeposit(x, ppm);
                proof.prove_aMintBringsItsNetAssets(x, ppm);
                if (x > 0) proof.prove_aMintIsAUnitAboveItsExactCostAtMost(x, ppm);
                proof.prove_aHigherEntryCostNeverGivesMoreShares(x, ppm / 2, ppm, 3, 2_000_000);
            }
        }
    }

    /// NAV 0…8 × supplies of 0…8 halves of the virtual shares × parts of whole halves and a share more, × a second part in
    /// quarters; the first one also against what deposits of 0…8 afford.
    function test_exhaustive_netting_V06_everyPropertyHolds() external {
        ShareProof proof = new ShareProof();
        for (uint256 halves = 0; halves <= 8; ++halves) {
            uint256 supply = halves * 500_000;
            for (uint256 nav = 0; nav <= 8; ++nav) {
                for (uint256 step = 0; step <= 2 * halves; ++step) {
                    uint256 shares = (step / 2) * 500_000 + (step % 2);
                    proof.prove_allSharesAreNeverOwedMoreThanThereIs(shares, nav, supply);
                    proof.prove_payingThoseWhoWaitNeverLowersTheSharePrice(shares, nav, supply);
                    for (uint256 other = 0; other <= supply - shares; other += 250_000) {
                        proof.prove_twoPartsOfARequestNeverGetMoreThanAllAtOnce(shares, other, nav, supply);
                    }
                    for (uint256 assets = 0; assets <= 8; ++assets) {
                        uint256 affordable = (assets * (supply + 1_000_000)) / (nav + 1);
                        proof.prove_whatADepositAffordsIsAtMostTheDeposit(
                            assets,
                            shares < affordable ? shares : affordable,
                            nav,
                            supply
                        );
                    }
                }
            }
        }
    }

    function test_exhaustive_redemptions_V06_everyPropertyHolds() external {
        RedemptionProof proof = new RedemptionProof();
        for (uint256 assets = 0; assets <= 12; ++assets) {
            for (uint256 shares = 1; shares <= 10; ++shares) {
                for (uint256 wanted = 0; assets > 0 && wanted <= assets; ++wanted) {
                    proof.prove_aClaimByAssetsFitsItsShares(assets, shares, wanted);
                    proof.prove_aClaimByAssetsIsNoBetterThanByShares(assets, shares, wanted);
                    proof.prove_aClaimByAssetsNeverThinsTheRest(assets, shares, wanted);
                }
                proof.prove_theOnlyRequestGetsAll(assets, shares);
                proof.prove_theLastClaimLeavesNothing(assets, shares);
                for (uint256 first = 0; first < shares; ++first) {
                    proof.prove_payoutsOfASettlementNeverExceedIt(assets, first, shares - first);
                    proof.prove_aClaimNeverPaysMoreThanThereIs(assets, shares, first);
                    for (uint256 second = 0; second <= shares - first; ++second) {
                        proof.prove_threePayoutsNeverExceedTheirSettlement(
                            assets,
                            first,
                            second,
                            shares - first - second
                        );
                        proof.prove_twoRequestsNeverGetMoreThanOne(assets, first, second, shares);
                        proof.prove_twoClaimsNeverPayMoreThanOne(assets, shares, first, second);
                    }
                }
            }
        }
    }

    // --- the model that the proofs use

    function testFuzz_mathModel_isOpenZeppelinsArithmeticWhereProductsFit(
        uint256 x,
        uint256 y,
        uint256 denominator,
        uint8 rounding
    ) external pure {
        uint256 fitting = x == 0 ? y : bound(y, 0, type(uint256).max / x);
        uint256 divisor = bound(denominator, 1, type(uint256).max);
        uint256 mode = rounding % 4;
        assertEq(MathModel.mulDiv(x, fitting, divisor), Math.mulDiv(x, fitting, divisor), "without a mode");
        assertEq(
            MathModel.mulDiv(x, fitting, divisor, MathModel.Rounding(mode)),
            Math.mulDiv(x, fitting, divisor, Math.Rounding(mode)),
            "with a mode"
        );
    }

    function test_exhaustive_mathModel_isOpenZeppelinsArithmetic() external pure {
        for (uint256 x = 0; x <= 16; ++x) {
            for (uint256 y = 0; y <= 16; ++y) {
                for (uint256 d = 1; d <= 16; ++d) {
                    for (uint256 mode = 0; mode < 4; ++mode) {
                        assertEq(
                            MathModel.mulDiv(x, y, d, MathModel.Rounding(mode)),
                            Math.mulDiv(x, y, d, Math.Rounding(mode)),
                            "mulDiv"
                        );
                    }
                }
            }
        }
    }
}

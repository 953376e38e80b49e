// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

import {IHedgedVault} from "../../../contracts/interfaces/IHedgedVault.sol";
import {ILiquidity} from "../../../contracts/interfaces/ILiquidity.sol";
import {StandInToken} from "../../../localnet/contracts/StandInToken.sol";
import {MarginVenue} from "../../contracts/MarginVenue.sol";
import {Test} from "../../unit/contracts/Test.sol";
import {Ledger} from "../support/Ledger.sol";
import {IVault} from "../support/Production.sol";
import {vm} from "../support/Vm.sol";
import {Truth, World} from "../support/World.sol";

/// @title What all actors share: calls that are counted and whose failures are judged.
/// @dev A handler reverts when something is wrong, and the runner counts a revert as a failure: errors that nobody
/// expects, and promises that a single action broke.
abstract contract Handler is Test {
    uint256 private constant VIRTUAL_SHARES = 1e6;
    uint256 private constant SHARE_VALUE_UNIT = 1e36;
    /// @dev Quote units that one action may round away: each range, hedge and idle balance a unit or two.
    uint256 internal constant ROUNDING_UNITS = 24;
    uint256 private constant DELTA_ROUNDING_BASE = 1e6;

    World internal immutable world;
    Ledger internal immutable ledger;
    IVault internal immutable vault;
    mapping(bytes4 selector => bool) private _expected;
    uint256 private _entropy;

    /// @dev The highest fees that the bytecode allows, see VaultFees.
    uint256 private constant MAX_MANAGEMENT_BPS = 200;
    uint256 private constant MAX_PERFORMANCE_BPS = 2_000;
    uint256 private constant YEAR_SECONDS = 365 days;
    uint256 private constant BPS = 10_000;
    uint256 private constant BOUNTY_BPS = 5;

    error Handler_FeesAboveCap(uint256 minted, uint256 managementCap, uint256 performanceCap);
    error Handler_HedgedTheWrongWay(int256 beforeBase, int256 afterBase, uint256 limitBase);
    error Handler_BountyTooLarge(uint256 bountyQuote, uint256 returnedQuote, uint256 limitQuote);
    error Handler_Unexpected(string action, bytes reason);
    error Handler_ValueFell(string action, uint256 lossQuote, uint256 toleranceQuote);

    constructor(World world_, Ledger ledger_) {
        (world, ledger, vault) = (world_, ledger_, world_.vault());
        // What anybody may meet: the oracle, a frozen or slow venue, a swap that the market does not give.
        _expect(IHedgedVault.HedgedVault_OracleUnhealthy.selector);
        _expect(IHedgedVault.HedgedVault_HedgePending.selector);
        _expect(MarginVenue.MarginVenue_Frozen.selector);
        _expect(ILiquidity.Liquidity_SwapBelowMinimum.selector);
        _expect(ILiquidity.Liquidity_SwapAboveMaximum.selector);
    }

    /// @notice Functions for the fuzzer.
    function targets() external pure virtual returns (bytes4[] memory);

    // --- calls

    function _expect(bytes4 selector) internal {
        _expected[selector] = true;
    }

    /// @dev Calls as somebody, counts it, and fails the suite when it fails in a way that is not expected.
    function _as(
        address who,
        string memory action,
        address target,
        bytes memory data
    ) internal returns (bool done, bytes memory result) {
        vm.prank(who);
        (done, result) = target.call(data);
        ledger.count(action, done);
        if (!done) _requireExpected(action, result);
    }

    function _requireExpected(string memory action, bytes memory reason) internal view {
        if (!_expected[bytes4(reason)]) revert Handler_Unexpected(action, reason);
    }

    /// @dev The same at the vault, and nobody's share may lose value by it.
    function _fairly(
        address who,
        string memory action,
        bytes memory data
    ) internal returns (bool done, bytes memory result) {
        Truth memory before = world.truth();
        (done, result) = _as(who, action, address(vault), data);
        if (!done) return (done, result);
        Truth memory afterwards = world.truth();
        _requireFair(action, before, afterwards, 0);
        _requireFeesWithinCaps(before, afterwards);
    }

    /// @dev Everybody may: closes the delta in the keeper's absence. Its loss, bounty included, is the budget's.
    function _hedgeNow(address who, string memory action) internal returns (bool done, uint256 lossQuote) {
        Truth memory before = world.truth();
        uint256 heldBefore = world.quote().balanceOf(who);
        uint256 baseBefore = world.base().balanceOf(who);
        bytes memory result;
        (done, result) = _as(who, action, address(vault), abi.encodeCall(IHedgedVault.hedgeNow, ()));
        if (!done) return (false, 0);
        Truth memory afterwards = world.truth();
        lossQuote = _recordLoss(before, afterwards);
        _requireHedged(before, afterwards);
        uint256 bounty = abi.decode(result, (uint256));
        // A hostile venue may trade in the pool with its caller's money meanwhile: then the balance tells nothing.
        if (world.base().balanceOf(who) == baseBefore) {
            _requireBountyWithinCap(before, world.quote().balanceOf(who) - heldBefore, bounty);
        } else {
            _requireBountyWithinCap(before, bounty, bounty);
        }
        _recordHedge(lossQuote, bounty, who);
    }

    function _recordHedge(uint256 lossQuote, uint256 bounty, address who) private {
        ledger.recordHedge(lossQuote, bounty, who == address(world.attacker()));
    }

    function _requireHedged(Truth memory before, Truth memory afterwards) private view {
        (int256 was, int256 is_, uint256 limit, bool fits) = _compareDeltas(before, afterwards);
        if (!fits || SignedMath.abs(is_) >= SignedMath.abs(was)) revert Handler_HedgedTheWrongWay(was, is_, limit);
    }

    /// @dev It trades the delta at most twice: at the venue and in the pool.
    function _requireBountyWithinCap(Truth memory before, uint256 bounty, uint256 returned) private view {
        (int256 deltaLie, ) = world.lies();
        uint256 delta = SignedMath.abs(before.deltaBase + deltaLie);
        uint256 limitQuote = (2 * world.quoteValue(delta) * BOUNTY_BPS) / BPS + 1;
        if (bounty != returned || bounty > limitQuote) revert Handler_BountyTooLarge(bounty, returned, limitQuote);
    }

    /// @dev Writes down what an operation lost, measured from outside.
    function _recordLoss(Truth memory before, Truth memory afterwards) internal returns (uint256 loss) {
        if (afterwards.navQuote >= before.navQuote) return 0;
        (, int256 equityLie) = world.lies();
        int256 worth = SignedMath.max(before.navQuote, 0);
        loss = uint256(before.navQuote - afterwards.navQuote);
        // A venue that lies moves what the budget is a part of, by no more than the lie.
        uint256 slack = (loss * SignedMath.abs(equityLie)) / uint256(SignedMath.max(worth, 1));
        ledger.recordLoss(loss, uint256(worth), ROUNDING_UNITS + slack);
    }

    /// @dev HV-11: inside the band, or smaller with the same sign. In what the vault is told, lies included.
    function _compareDeltas(
        Truth memory before,
        Truth memory afterwards
    ) internal view returns (int256 was, int256 is_, uint256 limit, bool fits) {
        (int256 deltaLie, int256 equityLie) = world.lies();
        (was, is_) = (before.deltaBase + deltaLie, afterwards.deltaBase + deltaLie);
        int256 nav = SignedMath.max(afterwards.navQuote + equityLie, 0) + int256(ROUNDING_UNITS);
        uint256 band = (uint256(nav) * world.policy().params().maxDeltaBps) / BPS;
        limit = Math.mulDiv(band + 1, world.SCALE(), afterwards.priceWad);
        // The vault's own account of a delta is some units of base away from the truth: less by one there may be no less here.
        uint256 most = SignedMath.abs(was) + DELTA_ROUNDING_BASE;
        bool smaller = (was >= 0) == (is_ >= 0) && SignedMath.abs(is_) < most;
        fits = SignedMath.abs(is_) <= limit || smaller;
    }

    /// @dev Shares that the fee recipient got, against the caps in bytecode and the time and gain since it last got any.
    function _requireFeesWithinCaps(Truth memory before, Truth memory afterwards) internal {
        uint256 minted = afterwards.feeShares - before.feeShares;
        if (minted == 0 || before.navQuote <= 0) return;
        uint256 managementCap = _managementCap(before.supply);
        uint256 performanceCap = _performanceCap(before, before.supply + managementCap + VIRTUAL_SHARES);
        if (minted > managementCap + performanceCap) {
            revert Handler_FeesAboveCap(minted, managementCap, performanceCap);
        }
        if (minted <= managementCap) return ledger.recordFees(0);
        uint256 shares = before.supply + VIRTUAL_SHARES;
        uint256 diluted = Math.mulDiv(_shareValue(before), shares, shares + minted);
        ledger.recordFees(Math.saturatingSub(diluted, (2 * ROUNDING_UNITS * SHARE_VALUE_UNIT) / shares));
    }

    function _managementCap(uint256 supply) private view returns (uint256) {
        uint256 owed = MAX_MANAGEMENT_BPS * (block.timestamp - Math.max(ledger.feesAt(), world.START_TIME()));
        return Math.mulDiv(supply, owed, BPS * YEAR_SECONDS - owed) + 1;
    }

    function _performanceCap(Truth memory before, uint256 shares) private view returns (uint256) {
        uint256 value = _shareValue(before);
        uint256 mark = Math.max(ledger.feeMark(), SHARE_VALUE_UNIT / VIRTUAL_SHARES);
        uint256 gainQuote = value > mark ? Math.mulDiv(value - mark, shares, SHARE_VALUE_UNIT) : 0;
        uint256 feeQuote = ((gainQuote + ROUNDING_UNITS) * MAX_PERFORMANCE_BPS) / BPS + 1;
        uint256 nav = uint256(before.navQuote);
        return nav > feeQuote ? Math.mulDiv(feeQuote, shares, nav - feeQuote) : type(uint128).max;
    }

    /// @dev Value of a share, virtual shares included, must not have fallen by more than rounding and what is allowed. Fees
    /// due are a dilution that everybody knows: they count as if they had been minted before.
    function _requireFair(
        string memory action,
        Truth memory before,
        Truth memory afterwards,
        uint256 allowedQuote
    ) internal {
        before.supply += afterwards.feeShares - before.feeShares;
        uint256 valueBefore = _shareValue(before);
        before.supply -= afterwards.feeShares - before.feeShares;
        uint256 valueAfter = _shareValue(afterwards);
        if (valueAfter >= valueBefore) return;
        uint256 shares = Math.min(before.supply, afterwards.supply) + VIRTUAL_SHARES;
        uint256 loss = Math.mulDiv(valueBefore - valueAfter, shares, SHARE_VALUE_UNIT);
        if (allowedQuote == 0) ledger.recordRounding(loss);
        if (loss > ROUNDING_UNITS + allowedQuote) revert Handler_ValueFell(action, loss, ROUNDING_UNITS + allowedQuote);
    }

    function _shareValue(Truth memory t) private pure returns (uint256) {
        uint256 nav = t.navQuote > 0 ? uint256(t.navQuote) : 0;
        return Math.mulDiv(nav + 1, SHARE_VALUE_UNIT, t.supply + VIRTUAL_SHARES);
    }

    /// @dev Evaluates the token before the prank, which lasts for one call only.
    function _approve(StandInToken token, address who, uint256 amount) internal {
        vm.prank(who);
        token.approve(address(vault), amount);
    }

    // --- choices

    function _seed(uint256 seed) internal {
        _entropy = seed;
    }

    /// @dev The next number of this call's own sequence, within bounds.
    function _pick(uint256 min, uint256 max) internal returns (uint256) {
        _entropy = uint256(keccak256(abi.encode(_entropy)));
        return min + (_entropy % (max - min + 1));
    }

    function _pickSigned(uint256 magnitude) internal returns (int256) {
        return int256(_pick(0, 2 * magnitude)) - int256(magnitude);
    }

    function _holder(uint256 seed) internal view returns (address) {
        address[] memory people = world.holders();
        return people[1 + (seed % (people.length - 2))]; // neither the stayer nor the fee recipient
    }

    /// @dev A place in the queue that is not settled, or zero.
    function _pendingId(uint256 seed) internal view returns (uint256) {
        (uint256 head, uint256 tail) = (vault.queueHead(), vault.queueTail());
        return head == tail ? 0 : head + (seed % (tail - head));
    }
}

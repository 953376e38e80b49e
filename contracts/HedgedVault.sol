// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ShortString, ShortStrings} from "@openzeppelin/contracts/utils/ShortStrings.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IAdapterRegistry} from "./interfaces/IAdapterRegistry.sol";
import {IERC7540Operator, IERC7540Redeem, IERC7575Share} from "./interfaces/IERC7540Redeem.sol";
import {IERC7887Redeem} from "./interfaces/IERC7887Redeem.sol";
import {IHedge} from "./interfaces/IHedge.sol";
import {IHedgedVault} from "./interfaces/IHedgedVault.sol";
import {ILiquidity, LiquidityState} from "./interfaces/ILiquidity.sol";
import {IPriceOracle, OracleFlags, OracleReading} from "./interfaces/IPriceOracle.sol";
import {IRiskPolicy} from "./interfaces/IRiskPolicy.sol";
import {IVaultTill} from "./interfaces/IVaultTill.sol";
import {CloneArgs} from "./libraries/CloneArgs.sol";
import {PriceMath, WAD} from "./libraries/PriceMath.sol";
import {Action, Book, Pair, PlanPromise} from "./types/VaultTypes.sol";
import {
    AdapterChange,
    FeeLedgerState,
    FeeTerms,
    MAX_HEDGES,
    MODE_DEGRADED,
    MODE_KEEPER_PAUSED,
    MODE_PAUSED,
    MODE_WIND_DOWN,
    VaultState
} from "./vault/VaultState.sol";
import {AdapterChanges} from "./vault/AdapterChanges.sol";
import {FeeLedger} from "./vault/FeeLedger.sol";
import {OperationContext, Operations} from "./vault/Operations.sol";
import {QueueHead, RedemptionQueue} from "./vault/RedemptionQueue.sol";
import {Till} from "./vault/Till.sol";
import {InKindExit, Part, Unwinder} from "./vault/Unwinder.sol";
import {Valuation} from "./vault/Valuation.sol";
import {VaultFees, VIRTUAL_SHARES} from "./vault/VaultFees.sol";

/// @notice What a vault starts with, besides what its clone carries in its code.
/// @param feeRecipient Gets management and performance fees; zero when there are none.
/// @param managementBps A year, of the supply; at most 200.
/// @param performanceBps Of gains above the high-water mark; at most 2,000.
struct VaultSetup {
    ILiquidity liquidity;
    address[] hedges;
    uint88 depositCapQuote;
    address feeRecipient;
    uint16 managementBps;
    uint16 performanceBps;
}

/// @title A vault that earns Uniswap v3 fees without the price bet.
/// @notice Depositors bring the quote token. The vault holds concentrated liquidity and one or more hedges sized so
/// that the net exposure to the base token stays near zero; what remains is fees minus costs.
///
/// LOSSES. Shared by all holders through the share price: cost of hedging, swaps and interest, the convexity loss that
/// fees did not pay for, a liquidation at a hedge's venue, a default of the quote token. A keeper can lose at most the
/// RiskPolicy's daily budget. Whoever redeems pays for the unwinding of the own part; whoever deposits pays the measured cost of
/// hedging the own part.
///
/// ORACLE. Every valuation uses the oracle's price, never the pool's. Deposits need a healthy oracle and pay the
/// highest NAV of its band. Settlements need a price that the pool agrees with, but only to bound their swap: they pay
/// what the leaver's part of everything comes to, less fees of the last hour (FeeLedger). An exit in kind needs no oracle.
///
/// TOKEN REQUIREMENTS. Base and quote are plain ERC-20 tokens with 6 to 18 decimals: no fee on transfer, no rebasing, no
/// hooks on transfer. Donations are ignored.
///
/// LIVENESS. A redemption settles in the same transaction when oracle and venues allow; otherwise it waits in the queue
/// and anyone may settle it later, or a deposit pays it. After the exit delay, or in wind-down, the owner of a request leaves in kind. No
/// role can pause an exit. When the keeper is silent and the delta large, anyone may hedge for a bounty.
///
/// ROLES (AccessManager). Owner: parameters, deposit cap, fees within caps in bytecode, adapters after an exit window,
/// `resumeDeposits`, `resumeKeeper`, `clearDegraded`. Keeper: `rebalance`. Guardian: `pauseDeposits`, `pauseKeeper`,
/// `cancelAdapterChange`, `startWindDown`. Nobody can move funds to an address of choice, and the code of a vault never changes.
contract HedgedVault is
    IHedgedVault,
    IVaultTill,
    IERC4626,
    IERC7575Share,
    IERC165,
    RedemptionQueue,
    AccessManaged,
    ReentrancyGuardTransient
{
    using FeeLedger for FeeLedgerState;
    using Math for uint256;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;
    using Till for VaultState;

    /// @dev Packed arguments of a clone: base, quote, oracle, authority, policy (20 bytes each), base decimals, quote
    /// decimals (1 each), name, symbol (32 each, ShortString).
    uint256 private constant ARGS_BYTES = 5 * 20 + 2 + 2 * 32;
    uint256 private constant AUTHORITY_AT = 60;
    uint256 private constant POLICY_AT = 80;
    uint256 private constant DECIMALS_AT = 100;
    uint256 private constant NAME_AT = 102;
    uint256 private constant SYMBOL_AT = 134;
    /// @dev log10 of VIRTUAL_SHARES.
    uint8 private constant SHARE_DECIMALS_OFFSET = 6;
    /// @dev The smallest redemption is a hundredth of a share, or all that the owner has: crumbs are for nobody's good,
    /// but nobody is locked in with them.
    uint256 private constant MIN_REQUEST_PART = 100;
    /// @dev Requests that a new request, or a deposit, tries to settle in its own transaction.
    uint256 private constant AUTO_SETTLE_REQUESTS = 3;
    /// @dev In wind-down the slippage of settlements may rise to 10 %, over a week: out at a poor price beats not out.
    uint256 private constant WIND_DOWN_SLIPPAGE_BPS = 1_000;
    uint256 private constant WIND_DOWN_SECONDS = 7 days;

    /// @notice Says which adapters may replace those of a vault.
    IAdapterRegistry public immutable registry;

    VaultState private _state;

    /// @dev The implementation itself is never usable: it carries no arguments.
    constructor(IAdapterRegistry registry_) ERC20("", "") AccessManaged(address(0)) {
        registry = registry_;
    }

    /// @notice Called once, by the factory, in the transaction that makes the clone.
    function initialize(VaultSetup calldata setup) external {
        if (address(_state.liquidity) != address(0)) revert HedgedVault_AlreadyInitialized();
        _pair(); // reverts on the implementation
        _state.liquidity = setup.liquidity;
        emit AdapterChanged(address(0), address(setup.liquidity));
        _setDepositCap(setup.depositCapQuote);
        if (setup.hedges.length > MAX_HEDGES) {
            revert HedgedVault_ParamOutOfBounds("hedges", setup.hedges.length, 0, MAX_HEDGES);
        }
        for (uint256 i = 0; i < setup.hedges.length; ++i) {
            _state.hedges[i] = setup.hedges[i];
            emit AdapterChanged(address(0), setup.hedges[i]);
        }
        if (setup.feeRecipient != address(0) || (setup.managementBps | setup.performanceBps) != 0) {
            VaultFees.initialize(_state.fees, setup.feeRecipient, setup.managementBps, setup.performanceBps);
        }
    }

    // --- views

    /// @inheritdoc IVaultTill
    /// @dev Reverts on the implementation itself, which carries none.
    function pair() external view returns (Pair memory) {
        return _pair();
    }

    function name() public view override(ERC20, IERC20Metadata) returns (string memory) {
        return ShortStrings.toString(ShortString.wrap(CloneArgs.wordAt(_args(), NAME_AT)));
    }

    function symbol() public view override(ERC20, IERC20Metadata) returns (string memory) {
        return ShortStrings.toString(ShortString.wrap(CloneArgs.wordAt(_args(), SYMBOL_AT)));
    }

    function decimals() public view override(ERC20, IERC20Metadata) returns (uint8) {
        return CloneArgs.uint8At(_args(), DECIMALS_AT + 1) + SHARE_DECIMALS_OFFSET;
    }

    /// @notice AccessManager that decides who may call what; never changes.
    function authority() public view override returns (address) {
        return CloneArgs.addressAt(_args(), AUTHORITY_AT);
    }

    /// @notice Refused: the authority is part of the clone's code.
    function setAuthority(address) public view override {
        revert AccessManagedUnauthorized(msg.sender);
    }

    /// @notice The judge of every action on the position.
    function policy() public view returns (IRiskPolicy) {
        return IRiskPolicy(CloneArgs.addressAt(_args(), POLICY_AT));
    }

    /// @inheritdoc IERC4626
    function asset() public view returns (address) {
        return _pair().quote;
    }

    /// @inheritdoc IERC7575Share
    function share() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IHedgedVault
    function liquidity() external view returns (ILiquidity) {
        return _state.liquidity;
    }

    /// @inheritdoc IHedgedVault
    function hedges() external view returns (address[] memory list) {
        uint256 count;
        while (count < MAX_HEDGES && _state.hedges[count] != address(0)) ++count;
        list = new address[](count);
        for (uint256 i = 0; i < count; ++i) list[i] = _state.hedges[i];
    }

    /// @notice NAV above which deposits are closed.
    function depositCapQuote() external view returns (uint256) {
        return _state.depositCapQuote;
    }

    /// @notice Number of keeper actions so far: a plan made for another one is refused.
    function epoch() external view returns (uint64) {
        return _state.epoch;
    }

    /// @notice The guardian or the owner closed deposits.
    function depositsPaused() external view returns (bool) {
        return _state.mode & MODE_PAUSED != 0;
    }

    /// @notice The guardian stopped the keeper.
    function keeperPaused() external view returns (bool) {
        return _state.mode & MODE_KEEPER_PAUSED != 0;
    }

    /// @notice The vault winds down, for good.
    function windDown() public view returns (bool) {
        return _state.mode & MODE_WIND_DOWN != 0;
    }

    /// @notice A venue took something; until the owner clears it, risk may only fall.
    function degraded() public view returns (bool) {
        return _state.mode & MODE_DEGRADED != 0;
    }

    /// @notice Tokens of the vault outside of any venue, claims of settled redemptions excluded.
    function idle() external view returns (uint256 base, uint256 quote) {
        return (_state.idleBase, _state.idleQuote);
    }

    /// @notice Fee terms, and what is pending of them.
    function feeTerms() external view returns (FeeTerms memory) {
        return _state.fees;
    }

    /// @notice Unvested pool fees and the measured cost of moving funds.
    function feeLedger() external view returns (FeeLedgerState memory) {
        return _state.ledger;
    }

    /// @notice The announced change of an adapter; `readyAt` zero = none.
    function adapterChange() external view returns (AdapterChange memory) {
        return _state.change;
    }

    /// @inheritdoc IHedgedVault
    function book() external view nonReentrantView returns (Book memory current, uint256 flags) {
        Pair memory p = _pair();
        OracleReading memory reading = _oracle(p).read(true);
        flags = reading.flags;
        if (reading.priceWad != 0) (current, ) = _bookAt(p, reading, true);
    }

    /// @inheritdoc IERC4626
    /// @dev Reverts when there is no price: unknown is not zero.
    function totalAssets() public view nonReentrantView returns (uint256) {
        return _pricedBook(_pair()).navQuote;
    }

    /// @inheritdoc IERC4626
    function convertToShares(uint256 assets) external view returns (uint256) {
        uint256 nav = totalAssets();
        return _toShares(assets, nav, _supplyWithFees(nav), Math.Rounding.Floor);
    }

    /// @inheritdoc IERC4626
    function convertToAssets(uint256 shares) external view returns (uint256) {
        uint256 nav = totalAssets();
        return _toAssets(shares, nav, _supplyWithFees(nav), Math.Rounding.Floor);
    }

    /// @inheritdoc IERC4626
    /// @dev Never reverts: what cannot be valued takes no deposit.
    function maxDeposit(address) public view returns (uint256) {
        try this.book() returns (Book memory b, uint256 flags) {
            uint256 cap = _state.depositCapQuote;
            return flags != 0 || _depositsClosedFor(b) != 0 ? 0 : cap.saturatingSub(b.navQuote);
        } catch {
            return 0;
        }
    }

    /// @inheritdoc IERC4626
    function maxMint(address receiver) external view returns (uint256) {
        uint256 assets = maxDeposit(receiver);
        return assets == 0 ? 0 : previewDeposit(assets);
    }

    /// @inheritdoc IERC4626
    function previewDeposit(uint256 assets) public view nonReentrantView returns (uint256) {
        Pair memory p = _pair();
        (Book memory b, ) = _depositBook(p);
        return _sharesFor(p, b, assets, _supplyWithFees(b.navQuote));
    }

    /// @inheritdoc IERC4626
    function previewMint(uint256 shares) external view nonReentrantView returns (uint256) {
        Pair memory p = _pair();
        (Book memory b, ) = _depositBook(p);
        return _assetsFor(p, b, shares, _supplyWithFees(b.navQuote));
    }

    /// @inheritdoc IERC4626
    /// @dev Redemptions are asynchronous: ERC-7540 requires the previews to revert.
    function previewWithdraw(uint256) external pure returns (uint256) {
        revert HedgedVault_AsyncOnly();
    }

    /// @inheritdoc IERC4626
    function previewRedeem(uint256) external pure returns (uint256) {
        revert HedgedVault_AsyncOnly();
    }

    /// @inheritdoc IERC4626
    function maxRedeem(address controller) public view override(IERC4626, RedemptionQueue) returns (uint256) {
        return RedemptionQueue.maxRedeem(controller);
    }

    /// @inheritdoc IERC4626
    function maxWithdraw(address controller) public view override(IERC4626, RedemptionQueue) returns (uint256) {
        return RedemptionQueue.maxWithdraw(controller);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC165).interfaceId ||
            interfaceId == type(IERC7540Operator).interfaceId ||
            interfaceId == type(IERC7540Redeem).interfaceId ||
            interfaceId == type(IERC7887Redeem).interfaceId ||
            interfaceId == 0x2f0a18c5; // ERC-7575 vault, the number its text gives
    }

    // --- depositors

    /// @inheritdoc IERC4626
    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        Pair memory p = _pair();
        (Book memory b, LiquidityState memory state) = _depositBook(p);
        _accrue(b.navQuote);
        shares = _sharesFor(p, b, assets, totalSupply());
        _deposit(p, b, state, assets, shares, receiver);
    }

    /// @inheritdoc IERC4626
    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        Pair memory p = _pair();
        (Book memory b, LiquidityState memory state) = _depositBook(p);
        _accrue(b.navQuote);
        assets = _assetsFor(p, b, shares, totalSupply());
        _deposit(p, b, state, assets, shares, receiver);
    }

    /// @inheritdoc IERC7540Redeem
    /// @dev Settles at once where it can; where it cannot (oracle, venue, other requests first) the request waits.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId) {
        if (_reentrancyGuardEntered()) revert ReentrancyGuardReentrantCall();
        if (shares == 0 || controller == address(0)) revert HedgedVault_ZeroAmount();
        uint256 minimum = 10 ** decimals() / MIN_REQUEST_PART;
        if (shares < minimum && shares != balanceOf(owner)) revert HedgedVault_RequestTooSmall(shares, minimum);
        if (owner != msg.sender && !isOperator[owner][msg.sender]) _spendAllowance(owner, msg.sender, shares);
        requestId = _enqueue(shares, controller, owner, policy().params().exitDelaySeconds);
        // A failure to settle is no failure to request: the queue and the exit in kind remain.
        try this.settle(AUTO_SETTLE_REQUESTS) returns (uint256) {} catch {}
    }

    /// @inheritdoc IERC7887Redeem
    function cancelRedeemRequest(
        uint256 requestId,
        address controller
    ) external nonReentrant onlyControllerOrOperator(controller) {
        _cancel(requestId, controller);
    }

    /// @inheritdoc IERC7887Redeem
    function claimCancelRedeemRequest(
        uint256 requestId,
        address receiver,
        address controller
    ) external nonReentrant onlyControllerOrOperator(controller) returns (uint256 shares) {
        return _claimCancelled(requestId, receiver, controller);
    }

    /// @inheritdoc IHedgedVault
    function settle(uint256 maxRequests) external nonReentrant returns (uint256 settled) {
        return _settle(maxRequests, type(uint256).max);
    }

    /// @inheritdoc IHedgedVault
    function settleShares(uint256 maxRequests, uint256 maxShares) external nonReentrant returns (uint256 settled) {
        return _settle(maxRequests, maxShares);
    }

    /// @inheritdoc IERC4626
    /// @dev Claims a settled request; `shares` were burnt at settlement.
    function redeem(
        uint256 shares,
        address receiver,
        address controller
    ) external nonReentrant onlyControllerOrOperator(controller) returns (uint256 assets) {
        assets = _takeClaimByShares(controller, shares);
        _payClaim(receiver, controller, assets, shares);
    }

    /// @inheritdoc IERC4626
    function withdraw(
        uint256 assets,
        address receiver,
        address controller
    ) external nonReentrant onlyControllerOrOperator(controller) returns (uint256 shares) {
        shares = _takeClaimByAssets(controller, assets);
        _payClaim(receiver, controller, assets, shares);
    }

    /// @inheritdoc IHedgedVault
    function exitInKind(
        uint256 requestId,
        address receiver,
        uint256 maxBaseIn,
        uint256 leaveHedges
    ) external nonReentrant returns (uint256 baseOut, uint256 quoteOut) {
        if (!windDown() && block.timestamp < _exitOpensAt(requestId)) {
            revert HedgedVault_ExitTooEarly(_exitOpensAt(requestId));
        }
        address controller = _controllerOf(requestId);
        if (controller == address(0)) revert HedgedVault_UnknownRequest(requestId);
        _requireControllerOrOperator(controller);
        _accrue(0);
        Part memory part = Part(_withdrawRequest(requestId, controller), totalSupply());
        _burn(address(this), part.shares);
        Pair memory p = _pair();
        uint256 baseIn;
        (baseIn, baseOut, quoteOut) = Unwinder.inKind(_state, p, part, InKindExit(receiver, maxBaseIn, leaveHedges));
        emit ExitedInKind(requestId, receiver, part.shares, baseIn, baseOut, quoteOut);
        _state.close(p, reservedQuote);
    }

    /// @inheritdoc IHedgedVault
    function accrueFees() external nonReentrant {
        _accruePriced();
    }

    // --- keeper, and everybody in its absence

    /// @inheritdoc IHedgedVault
    function rebalance(Action[] calldata actions, PlanPromise calldata promised) external restricted nonReentrant {
        if (_state.mode & MODE_KEEPER_PAUSED != 0) revert HedgedVault_KeeperPaused();
        Operations.rebalance(_state, _context(), actions, promised);
    }

    /// @inheritdoc IHedgedVault
    function hedgeNow() external nonReentrant returns (uint256 bountyQuote) {
        return Operations.hedgeNow(_state, _context());
    }

    /// @inheritdoc IHedgedVault
    function reconcile() external nonReentrant {
        _reconcile();
    }

    /// @inheritdoc IVaultTill
    function pay(address token, uint256 amount, address to) external {
        if (!_reentrancyGuardEntered() || (msg.sender != address(_state.liquidity) && !_isHedge(msg.sender))) {
            revert HedgedVault_OnlyAdapter(msg.sender);
        }
        _state.spend(_pair(), token, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    // --- guardian and owner

    /// @notice Closes deposits. Never touches an exit.
    function pauseDeposits() external restricted {
        _setMode(MODE_PAUSED, true);
        emit DepositsPaused(true);
    }

    /// @notice Reopens deposits: the owner's to do, since it lets risk in again.
    function resumeDeposits() external restricted {
        _setMode(MODE_PAUSED, false);
        emit DepositsPaused(false);
    }

    /// @notice Stops the keeper at once, e.g. when its key is stolen. `hedgeNow` remains, after the grace time.
    function pauseKeeper() external restricted {
        _setMode(MODE_KEEPER_PAUSED, true);
        emit KeeperPaused(true);
    }

    /// @notice Lets the keeper act again: the owner's to do.
    function resumeKeeper() external restricted {
        _setMode(MODE_KEEPER_PAUSED, false);
        emit KeeperPaused(false);
    }

    /// @notice Changes the NAV above which deposits are closed.
    function setDepositCap(uint88 capQuote) external restricted {
        _setDepositCap(capQuote);
    }

    /// @notice For good: no deposits; the keeper may add no liquidity, no short and lower no health; every request may
    /// leave in kind; settlements accept a slippage that rises to 10 % over a week.
    function startWindDown() external restricted {
        if (!windDown()) _state.windDownAt = uint40(block.timestamp); // 2^40 seconds are 34,000 years
        _setMode(MODE_WIND_DOWN, true);
        emit WindDownStarted();
    }

    /// @notice Ends the degraded mode after somebody looked at what happened.
    function clearDegraded() external restricted {
        _setMode(MODE_DEGRADED, false);
        emit Degraded(false);
    }

    /// @notice Changes the fees: lower at once, higher after the exit window (`applyFees`). See VaultFees.
    function setFees(
        address recipient,
        uint256 managementBps,
        uint256 performanceBps
    ) external restricted nonReentrant {
        _accruePriced();
        VaultFees.change(_state.fees, recipient, managementBps, performanceBps);
    }

    /// @notice Makes scheduled fees count from now on, after the exit window. Anyone may call.
    function applyFees() external nonReentrant {
        _accruePriced();
        VaultFees.applyNext(_state.fees);
    }

    /// @notice Announces the replacement of an adapter. See AdapterChanges.
    function proposeAdapterChange(address current, address next) external restricted {
        AdapterChanges.propose(_state, registry, current, next);
    }

    /// @notice Drops an announced replacement.
    function cancelAdapterChange() external restricted {
        AdapterChanges.cancel(_state);
    }

    /// @notice Makes an announced replacement after the exit window, once the old adapter is empty.
    function executeAdapterChange() external restricted nonReentrant {
        AdapterChanges.execute(_state, registry);
    }

    function _setDepositCap(uint88 capQuote) private {
        _state.depositCapQuote = capQuote;
        emit DepositCapChanged(capQuote);
    }

    function _setMode(uint8 bit, bool on) private {
        _state.mode = on ? _state.mode | bit : _state.mode & ~bit;
    }

    // --- internals: what the clone carries

    function _args() private view returns (uint256 pointer) {
        return CloneArgs.copyBytes(ARGS_BYTES);
    }

    function _pair() private view returns (Pair memory p) {
        uint256 pointer = _args();
        p.base = CloneArgs.addressAt(pointer, 0);
        p.quote = CloneArgs.addressAt(pointer, 20);
        p.oracle = CloneArgs.addressAt(pointer, 40);
        p.scale = PriceMath.scaleOf(
            CloneArgs.uint8At(pointer, DECIMALS_AT),
            CloneArgs.uint8At(pointer, DECIMALS_AT + 1)
        );
    }

    // --- internals: valuation

    function _oracle(Pair memory p) private pure returns (IPriceOracle) {
        return IPriceOracle(p.oracle);
    }

    /// @dev For actions on the position and settlements: everything healthy, except that a depeg of the quote stops nobody from
    /// reducing risk or leaving.
    function _agreedReading(Pair memory p) private view returns (OracleReading memory reading) {
        reading = _oracle(p).read(false);
        uint256 flags = reading.flags & ~OracleFlags.DEPEG;
        if (flags != 0) revert HedgedVault_OracleUnhealthy(flags);
    }

    function _pricedBook(Pair memory p) private view returns (Book memory b) {
        OracleReading memory reading = _oracle(p).read(false);
        if (reading.priceWad == 0) revert HedgedVault_OracleUnhealthy(reading.flags);
        (b, ) = _bookAt(p, reading, false);
    }

    function _context() private view returns (OperationContext memory) {
        Pair memory p = _pair();
        return OperationContext(p, _agreedReading(p), policy(), reservedQuote);
    }

    function _depositBook(Pair memory p) private view returns (Book memory b, LiquidityState memory state) {
        OracleReading memory reading = _oracle(p).read(true);
        if (reading.flags != 0) revert HedgedVault_OracleUnhealthy(reading.flags);
        // The lowest value is only needed to pay those who wait.
        (b, state) = _bookAt(p, reading, !_queueIsEmpty());
        bytes32 reason = _depositsClosedFor(b);
        if (reason != 0) revert HedgedVault_DepositsClosed(reason);
    }

    function _depositsClosedFor(Book memory b) private view returns (bytes32) {
        uint8 mode = _state.mode;
        if (mode & MODE_PAUSED != 0) return "paused";
        if (mode & MODE_WIND_DOWN != 0) return "wind-down";
        if (mode & MODE_DEGRADED != 0 || b.lost) return "degraded";
        if (b.healthWad < WAD) return "liquidatable";
        if (b.navMaxQuote == 0 && totalSupply() != 0) return "insolvent";
        return 0;
    }

    function _bookAt(
        Pair memory p,
        OracleReading memory reading,
        bool withLowest
    ) private view returns (Book memory b, LiquidityState memory state) {
        return Valuation.bookAt(_state, p, reading, withLowest);
    }

    // --- internals: shares

    /// @dev Fees due would dilute the shares; they are part of every conversion.
    function _supplyWithFees(uint256 nav) private view returns (uint256 supply) {
        supply = totalSupply();
        if (_state.fees.recipient == address(0)) return supply;
        (uint256 due, ) = VaultFees.pending(_state.fees, nav, supply);
        supply += due;
    }

    function _toShares(
        uint256 assets,
        uint256 nav,
        uint256 supply,
        Math.Rounding rounding
    ) private pure returns (uint256) {
        return assets.mulDiv(supply + VIRTUAL_SHARES, nav + 1, rounding);
    }

    function _toAssets(
        uint256 shares,
        uint256 nav,
        uint256 supply,
        Math.Rounding rounding
    ) private pure returns (uint256) {
        return shares.mulDiv(nav + 1, supply + VIRTUAL_SHARES, rounding);
    }

    /// @dev Shares for a deposit: at the highest NAV, less what moving the deposit costs the others. Rounded down.
    function _sharesFor(Pair memory p, Book memory b, uint256 assets, uint256 supply) private view returns (uint256) {
        uint256 ppm = _state.ledger.entryCostPpm(p, b);
        uint256 cost = ppm == 0 ? 0 : assets.mulDiv(ppm, FeeLedger.PPM, Math.Rounding.Ceil);
        return _toShares(assets - cost, b.navMaxQuote, supply, Math.Rounding.Floor);
    }

    /// @dev The inverse, rounded up.
    function _assetsFor(Pair memory p, Book memory b, uint256 shares, uint256 supply) private view returns (uint256) {
        uint256 ppm = _state.ledger.entryCostPpm(p, b);
        uint256 net = _toAssets(shares, b.navMaxQuote, supply, Math.Rounding.Ceil);
        return ppm == 0 ? net : net.mulDiv(FeeLedger.PPM, FeeLedger.PPM - ppm, Math.Rounding.Ceil);
    }

    /// @dev Pays fees up to now in shares; `nav` zero = unknown, the management fee alone.
    function _accrue(uint256 nav) private {
        address recipient = _state.fees.recipient;
        if (recipient == address(0)) return;
        uint256 shares = VaultFees.accrue(_state.fees, nav, totalSupply());
        if (shares > 0) _mint(recipient, shares);
    }

    function _accruePriced() private {
        Pair memory p = _pair();
        OracleReading memory reading = _oracle(p).read(true);
        if (reading.flags != 0) revert HedgedVault_OracleUnhealthy(reading.flags);
        (Book memory b, ) = _bookAt(p, reading, false);
        // Also without a recipient: the high-water mark must know what was gained before fees come.
        uint256 shares = VaultFees.accrue(_state.fees, b.navQuote, totalSupply());
        if (shares > 0) _mint(_state.fees.recipient, shares);
    }

    // --- internals: deposits and exits

    function _deposit(
        Pair memory p,
        Book memory b,
        LiquidityState memory state,
        uint256 assets,
        uint256 shares,
        address receiver
    ) private {
        if (assets == 0 || shares == 0) revert HedgedVault_ZeroAmount();
        uint256 cap = _state.depositCapQuote;
        if (b.navQuote + assets > cap) revert HedgedVault_DepositAboveCap(b.navQuote + assets, cap);
        IERC20(p.quote).safeTransferFrom(msg.sender, address(this), assets);
        _state.receiveFunds(0, assets);
        uint256 uncollected = FeeLedger.uncollected(p, state, b.priceWad);
        uint256 locked = _state.ledger.unvestedQuote(uncollected);
        if (!_queueIsEmpty()) _payFromDeposit(b, assets, locked);
        _mint(receiver, shares);
        emit Deposit(msg.sender, receiver, assets, shares);
        _state.ledger.count(uncollected, uncollected);
        _state.closeQuote(p, reservedQuote);
    }

    /// @dev A deposit pays those who wait, at the lowest NAV, without anything being moved.
    function _payFromDeposit(Book memory b, uint256 assets, uint256 locked) private {
        uint256 supply = totalSupply();
        uint256 nav = b.navMinQuote.saturatingSub(locked);
        uint256 affordable = nav == 0 ? 0 : _toShares(assets, nav, supply, Math.Rounding.Floor);
        QueueHead memory head = _headOf(AUTO_SETTLE_REQUESTS, affordable);
        uint256 owed = Math.min(_toAssets(head.shares, nav, supply, Math.Rounding.Floor), assets);
        (uint256 paid, ) = _settleHead(head, owed);
        _state.idleQuote -= paid.toUint128();
    }

    function _settle(uint256 maxRequests, uint256 maxShares) private returns (uint256 settled) {
        QueueHead memory head = _headOf(maxRequests, maxShares);
        if (head.end == queueHead() && head.partShares == 0) revert HedgedVault_NothingToSettle();
        if (head.shares < VIRTUAL_SHARES) {
            // Cancelled places, or less than about a unit of quote in all: moving anything for it would cost more, and could
            // fail for want of a unit.
            (, settled) = _settleHead(head, 0);
            return settled;
        }
        _reconcile();
        Pair memory p = _pair();
        OracleReading memory reading = _agreedReading(p);
        if (_state.fees.recipient != address(0)) {
            (Book memory b, ) = _bookAt(p, reading, false);
            _accrue(b.navQuote);
        }
        Part memory part = Part(head.shares, totalSupply());
        (uint256 realised, uint256 feesQuote) = Unwinder.toQuote(
            _state,
            p,
            part,
            reading.priceWad,
            _settlementSlippageBps()
        );
        uint256 locked = _state.ledger.unvestedQuote(feesQuote);
        // Who leaves last leaves nobody behind to keep fees for.
        if (part.shares == part.supply) locked = 0;
        else realised = realised.saturatingSub(locked.mulDiv(part.shares, part.supply, Math.Rounding.Ceil));
        uint256 paid;
        (paid, settled) = _settleHead(head, realised);
        _state.idleQuote -= paid.toUint128();
        if (part.shares == part.supply) delete _state.ledger.lockedQuote;
        _state.ledger.count(feesQuote, 0);
        _state.close(p, reservedQuote);
    }

    function _settlementSlippageBps() private view returns (uint256 bps) {
        bps = policy().maxSlippageBps();
        if (!windDown()) return bps;
        uint256 elapsed = Math.min(block.timestamp - _state.windDownAt, WIND_DOWN_SECONDS);
        bps += ((WIND_DOWN_SLIPPAGE_BPS - bps) * elapsed) / WIND_DOWN_SECONDS;
    }

    function _payClaim(address receiver, address controller, uint256 assets, uint256 shares) private {
        if (shares == 0) revert HedgedVault_ZeroAmount();
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
        IERC20(_pair().quote).safeTransfer(receiver, assets);
        emit IdleChanged(_state.idleBase, _state.idleQuote, reservedQuote);
    }

    // --- internals: hedges

    function _reconcile() private {
        bool lost;
        for (uint256 i = 0; i < MAX_HEDGES && _state.hedges[i] != address(0); ++i) {
            if (IHedge(_state.hedges[i]).reconcile()) lost = true;
        }
        if (lost && !degraded()) {
            _setMode(MODE_DEGRADED, true);
            emit Degraded(true);
        }
    }

    function _isHedge(address caller) private view returns (bool) {
        for (uint256 i = 0; i < MAX_HEDGES && _state.hedges[i] != address(0); ++i) {
            if (_state.hedges[i] == caller) return true;
        }
        return false;
    }
}

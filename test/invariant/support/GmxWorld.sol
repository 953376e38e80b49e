// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {GmxV2Keys} from "../../../contracts/interfaces/external/gmx/GmxV2Keys.sol";
import {StandInToken} from "../../../localnet/contracts/StandInToken.sol";
import {GmxV2SimulatorKeys as K} from "../../../localnet/gmx/GmxV2SimulatorKeys.sol";
import {IGmxHedge, IGmxStore, IWeth} from "./GmxProduction.sol";
import {GmxTill} from "./GmxTill.sol";
import {GmxVenue} from "./GmxVenue.sol";
import {deployLinkedWith, LinkedLibrary} from "./Linker.sol";
import {deployCode, vm} from "./Vm.sol";

/// @notice A part of a position: of its size in USD (30 decimals), of its tokens, of its collateral.
struct Stake {
    uint256 sizeUsd;
    uint256 tokens;
    uint256 collateral;
}

/// @title One hedge on the simulated GMX, whoever owns it, and those who left in kind. Knows what belongs to whom without
/// asking the hedge.
contract GmxWorld {
    string private constant WETH_FILE = "node_modules/canonical-weth/build/contracts/WETH9.json";
    uint256 public constant START_TIME = 1_800_000_000;
    uint256 public constant START_PRICE_WAD = 2_500e18;
    uint256 private constant QUOTE_USD = 1e24; // 30 decimals a unit of a token with 6
    uint256 private constant LONG_USD = 1_000_000e30;
    uint256 public constant LEAVERS = 2;
    uint256 public constant WEALTH_QUOTE = 10_000_000e6;

    IWeth public immutable base;
    StandInToken public immutable quote;
    GmxVenue public immutable venue;
    GmxTill public immutable till;
    IGmxHedge public immutable hedge;
    IGmxStore public immutable store;
    address public immutable stranger = _person("stranger");

    uint256 public priceWad = START_PRICE_WAD;
    uint256 public gasPriceWei = 0.1 gwei;
    bool private _switchedOff;
    uint256[] private _hours;
    /// @notice Price at which the last exit was ordered: what is taken out for the leaver is what the part was worth then.
    uint256 public exitPriceWad;
    /// @notice What leavers did not get of their parts, closing costs included.
    int256 public unpaidQuote;
    /// @notice The venue took a part of the position by itself, so that shares in it are no longer what they were.
    bool public disturbed;
    mapping(address leaver => Stake) private _stakes;

    constructor() {
        vm.warp(START_TIME);
        base = IWeth(deployCode(vm.parseJsonBytes(vm.readFile(WETH_FILE), ".bytecode")));
        quote = StandInToken(
            deployCode(
                bytes.concat(
                    vm.getCode("localnet/contracts/StandInToken.sol:StandInToken"),
                    abi.encode("Quote", "QUOTE", 6)
                )
            )
        );
        vm.deal(address(this), 20_000 ether);
        venue = new GmxVenue{value: 20_000 ether}(base, quote);
        store = venue.store();
        till = new GmxTill(address(base), address(quote), _deployHedge(), venue.market());
        hedge = till.hedge();
        quote.mint(address(till), WEALTH_QUOTE);
        vm.deal(address(hedge), 1 ether);
        refresh();
        venue.openLong(LONG_USD, 150 ether);
        // A sequence begins with a short that stands; many of them close it.
        till.adjust(-60 ether, 60_000e6);
        venue.execute(hedge.orderKey());
        till.reconcile();
    }

    // --- what happens

    /// @notice Price of the vault's oracle and of the venue's.
    function setPrice(uint256 priceWad_) external {
        priceWad = priceWad_;
        refresh();
    }

    function refresh() public {
        till.setPrice(priceWad);
        venue.setPrices(priceWad, 1e18);
    }

    function setGasPrice(uint256 gasPriceWei_) external {
        gasPriceWei = gasPriceWei_;
    }

    /// @notice Something of the venue is switched off or out of its ordinary.
    function setSwitchedOff(bool switchedOff) external {
        _switchedOff = switchedOff;
    }

    function setDisturbed() external {
        disturbed = true;
    }

    /// @notice Somebody takes a part of what is the owner's with them.
    function recordLeaver(address leaver, Stake calldata part) external {
        Stake storage s = _stakes[leaver];
        s.sizeUsd += part.sizeUsd;
        s.tokens += part.tokens;
        s.collateral += part.collateral;
    }

    function recordExitOrdered() external {
        exitPriceWad = priceWad;
    }

    /// @param paidQuote What the leaver got; less than the part's worth where its profit was thinned out.
    function recordPaid(address leaver, int256 paidQuote) external {
        int256 worth = worthOf(_stakes[leaver]);
        if (worth > paidQuote) unpaidQuote += worth - paidQuote;
        delete _stakes[leaver];
    }

    /// @notice Nobody has anything in a position that is gone.
    function recordGone() external {
        for (uint256 i = 0; i < LEAVERS; ++i) delete _stakes[leaverOf(i)];
        disturbed = false;
    }

    /// @notice Remembers the hour if GMX held collateral back in it, for an impact above its cap.
    function recordHeldBack() external {
        uint256 hour = block.timestamp / 3_600;
        if (heldBackIn(hour) > 0 && (_hours.length == 0 || _hours[_hours.length - 1] != hour)) _hours.push(hour);
    }

    // --- what is so

    /// @notice Hours in which GMX held collateral back.
    function hours_() external view returns (uint256[] memory) {
        return _hours;
    }

    /// @notice Collateral held back in an hour that was not claimed yet.
    function heldBackIn(uint256 hour) public view returns (uint256) {
        (address m, address q, address h) = (venue.market(), address(quote), address(hedge));
        return
            store.getUint(K.claimableCollateral("CLAIMABLE_COLLATERAL_AMOUNT", m, q, hour, h)) -
            store.getUint(K.claimableCollateral("CLAIMED_COLLATERAL_AMOUNT", m, q, hour, h));
    }

    function leaverOf(uint256 index) public pure returns (address) {
        return address(uint160(0x1ea7e00 + (index % LEAVERS)));
    }

    function stakeOf(address leaver) external view returns (Stake memory) {
        return _stakes[leaver];
    }

    /// @notice The venue may refuse what it otherwise takes.
    function unwell() external view returns (bool) {
        return _switchedOff || !venue.roles().hasRole(address(hedge.exchangeRouter()), GmxV2Keys.CONTROLLER);
    }

    /// @notice The position as the venue keeps it.
    function position() public view returns (Stake memory p) {
        bytes32 key = GmxV2Keys.position(address(hedge), venue.market(), address(quote), false);
        p.sizeUsd = store.getUint(GmxV2Keys.sizeInUsd(key));
        p.tokens = store.getUint(GmxV2Keys.sizeInTokens(key));
        p.collateral = store.getUint(GmxV2Keys.collateralAmount(key));
    }

    /// @notice The most that funding and borrowing can have come to since the position was last touched. Funding of the
    /// whole long side goes to however small a short.
    function accruedQuote(int256 size) external view returns (int256) {
        bytes32 key = GmxV2Keys.position(address(hedge), venue.market(), address(quote), false);
        uint256 touched = store.getUint(K.field(key, "INCREASED_AT_TIME"));
        touched = Math.max(touched, store.getUint(K.field(key, "DECREASED_AT_TIME")));
        if (size == 0) return 0;
        return ((size + int256(LONG_USD / QUOTE_USD)) * int256(block.timestamp - touched)) / 26_280_000; // 120 % a year
    }

    /// @notice Size of the order in flight.
    function pendingSizeUsd() external view returns (uint256) {
        return store.getUint(K.field(hedge.orderKey(), "SIZE_DELTA_USD"));
    }

    function leavers() public view returns (Stake memory all) {
        for (uint256 i = 0; i < LEAVERS; ++i) {
            Stake storage s = _stakes[leaverOf(i)];
            all.sizeUsd += s.sizeUsd;
            all.tokens += s.tokens;
            all.collateral += s.collateral;
        }
    }

    /// @notice What stays the owner's.
    function ownStake() public view returns (Stake memory own) {
        (Stake memory all, Stake memory left) = (position(), leavers());
        own.sizeUsd = Math.saturatingSub(all.sizeUsd, left.sizeUsd);
        own.tokens = Math.saturatingSub(all.tokens, left.tokens);
        own.collateral = Math.saturatingSub(all.collateral, left.collateral);
    }

    /// @notice Collateral and profit of a part, in quote, before what closing it costs.
    function worthOf(Stake memory part) public view returns (int256) {
        return worthAt(part, priceWad);
    }

    function worthAt(Stake memory part, uint256 atPriceWad) public pure returns (int256) {
        int256 profitUsd = int256(part.sizeUsd) - int256(part.tokens * (atPriceWad / 1e6));
        return int256(part.collateral) + profitUsd / int256(QUOTE_USD);
    }

    /// @notice Base as quote.
    function quoteOf(uint256 amountBase) public view returns (uint256) {
        return quoteOfAt(amountBase, priceWad);
    }

    function quoteOfAt(uint256 amountBase, uint256 atPriceWad) public view returns (uint256) {
        return (amountBase * atPriceWad) / till.SCALE();
    }

    /// @notice Money of the owner's outside of the position: in the till, in the hedge, with a waiting order, to be claimed.
    function ownMoney() external view returns (uint256) {
        return quote.balanceOf(address(till)) + quoteOf(base.balanceOf(address(till))) + hedgeMoney();
    }

    /// @notice The same without the till's.
    function hedgeMoney() public view returns (uint256) {
        (uint256 b, uint256 q) = hedgeTokens();
        return q + quoteOf(b);
    }

    function hedgeTokens() public view returns (uint256 b, uint256 q) {
        b = base.balanceOf(address(hedge)) + claimable(address(base));
        q = quote.balanceOf(address(hedge)) + claimable(address(quote));
        bytes32[] memory orders = venue.ordersOf(address(hedge));
        for (uint256 i = 0; i < orders.length; ++i) q += venue.marginOf(orders[i]);
    }

    function claimable(address token) public view returns (uint256) {
        return store.getUint(GmxV2Keys.claimableFundingAmount(venue.market(), token, address(hedge)));
    }

    /// @notice Quote of everybody there is.
    function allQuote() external view returns (uint256 sum) {
        sum = quote.balanceOf(address(till)) + quote.balanceOf(address(hedge)) + quote.balanceOf(stranger);
        sum += quote.balanceOf(venue.orderVault()) + quote.balanceOf(venue.market());
        for (uint256 i = 0; i < LEAVERS; ++i) sum += quote.balanceOf(leaverOf(i));
    }

    function setting(string calldata name) external view returns (uint256) {
        return store.getUint(K.name(name));
    }

    function _person(string memory name) private pure returns (address) {
        return address(uint160(uint256(keccak256(bytes(name)))));
    }

    function _deployHedge() private returns (address) {
        string memory valuation = "contracts/hedges/gmx/GmxV2Valuation.sol:GmxV2Valuation";
        LinkedLibrary[] memory linked = new LinkedLibrary[](1);
        linked[0] = LinkedLibrary(valuation, deployCode(vm.getCode(valuation)));
        bytes memory args = abi.encode(
            venue.router(),
            venue.reader(),
            venue.store(),
            venue.orderVault(),
            address(0) // no referrals
        );
        return deployLinkedWith("contracts/hedges/GmxV2Hedge.sol", "GmxV2Hedge", linked, args);
    }
}

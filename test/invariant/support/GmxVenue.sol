// SPDX-License-Identifier: GPL-2.0-or-later
pragma solidity 0.8.37;

import {IGmxV2ExchangeRouter, IGmxV2Reader} from "../../../contracts/interfaces/external/gmx/IGmxV2.sol";
import {GMX_MARKET_INCREASE, GmxV2CreateOrderParams} from "../../../contracts/interfaces/external/gmx/GmxV2Types.sol";
import {StandInToken} from "../../../localnet/contracts/StandInToken.sol";
import {GmxV2SimulatorKeys as K} from "../../../localnet/gmx/GmxV2SimulatorKeys.sol";
import {IGmxOrderHandler, IGmxPrices, IGmxRoles, IGmxStore, IWeth} from "./GmxProduction.sol";
import {deployLinkedWith, LinkedLibrary} from "./Linker.sol";
import {deployCode, vm} from "./Vm.sol";

/// @title The simulated GMX of localnet/gmx with one market, configured as there; this contract is its keepers and its owner.
contract GmxVenue {
    uint256 private constant FLOAT = 1e30;
    uint256 private constant PERCENT = 1e28;
    uint256 private constant YEAR_SECONDS = 31_536_000;
    uint256 private constant POOL_BASE = 10_000 ether;
    uint256 private constant POOL_QUOTE = 40_000_000e6;
    /// @dev USD prices in WAD to GMX's 30 decimals a token unit.
    uint256 private constant BASE_PRICE_PART = 1e6;
    uint256 private constant QUOTE_PRICE_FACTOR = 1e6;

    IWeth public immutable base;
    StandInToken public immutable quote;
    IGmxRoles public immutable roles;
    IGmxStore public immutable store;
    IGmxPrices public immutable prices;
    IGmxOrderHandler public immutable handler;
    IGmxV2Reader public immutable reader;
    IGmxV2ExchangeRouter public immutable router;
    /// @notice The one that takes the first one's place.
    IGmxV2ExchangeRouter public immutable nextRouter;
    address public immutable tokenRouter;
    address public immutable orderVault;
    address public immutable market;

    constructor(IWeth base_, StandInToken quote_) payable {
        (base, quote) = (base_, quote_);
        roles = IGmxRoles(_plain("RoleStore", abi.encode(address(this))));
        store = IGmxStore(_plain("DataStore", abi.encode(roles)));
        prices = IGmxPrices(_plain("Oracle", abi.encode(roles, store)));
        tokenRouter = _plain("Router", abi.encode(roles));
        orderVault = _plain("Bank", abi.encode(roles, base));
        market = _plain("Bank", abi.encode(roles, base));
        LinkedLibrary[] memory all = _libraries();
        reader = IGmxV2Reader(_linked("Reader", all, ""));
        address events = _plain("EventEmitter", abi.encode(roles));
        handler = IGmxOrderHandler(
            _linked("OrderHandler", all, abi.encode(roles, store, events, prices, orderVault, base))
        );
        bytes memory routerArgs = abi.encode(store, handler, tokenRouter, base);
        router = IGmxV2ExchangeRouter(_plain("ExchangeRouter", routerArgs));
        nextRouter = IGmxV2ExchangeRouter(_plain("ExchangeRouter", routerArgs));
        string[4] memory own = ["CONTROLLER", "ORDER_KEEPER", "LIQUIDATION_KEEPER", "ADL_KEEPER"];
        for (uint256 i = 0; i < own.length; ++i) roles.grantRole(address(this), K.name(own[i]));
        roles.grantRole(address(handler), K.name("CONTROLLER"));
        setRouter(address(router), true);
        _configure();
        base.deposit{value: POOL_BASE}();
        base.transfer(market, POOL_BASE);
        quote.mint(market, POOL_QUOTE);
    }

    /// @dev Keepers are paid.
    receive() external payable {}

    // --- keepers

    function setPrices(uint256 baseUsdWad, uint256 quoteUsdWad) public {
        uint256 basePrice = baseUsdWad / BASE_PRICE_PART;
        prices.setPrice(address(base), basePrice, basePrice);
        prices.setPrice(address(quote), quoteUsdWad * QUOTE_PRICE_FACTOR, quoteUsdWad * QUOTE_PRICE_FACTOR);
    }

    function switchOracleOff() external {
        prices.setPrice(address(base), 0, 0);
    }

    function execute(bytes32 key) external {
        handler.executeOrder(key);
    }

    function freeze(bytes32 key) external {
        handler.freezeOrder(key);
    }

    function liquidate(address account) external {
        handler.executeLiquidation(account, market, address(quote), false);
    }

    function deleverage(address account, uint256 sizeUsd) external {
        handler.executeAdl(account, market, address(quote), false, sizeUsd);
    }

    /// @notice What the venue's stores say of an account's waiting orders.
    function ordersOf(address account) external view returns (bytes32[] memory) {
        return store.getBytes32ValuesAt(K.of1("ACCOUNT_ORDER_LIST", account), 0, 16);
    }

    /// @notice Quote that waits at the venue with an order, in its order vault.
    function marginOf(bytes32 key) external view returns (uint256) {
        bool isIncrease = store.getUint(K.field(key, "ORDER_TYPE")) == GMX_MARKET_INCREASE;
        return isIncrease ? store.getUint(K.field(key, "INITIAL_COLLATERAL_DELTA_AMOUNT")) : 0;
    }

    // --- governance

    function setRouter(address which, bool alive) public {
        (bytes32 controller, bytes32 plugin) = (K.name("CONTROLLER"), K.name("ROUTER_PLUGIN"));
        if (alive) {
            roles.grantRole(which, controller);
            roles.grantRole(which, plugin);
        } else {
            roles.revokeRole(which, controller);
            roles.revokeRole(which, plugin);
        }
    }

    function setFeature(string calldata what, uint256 orderType, bool disabled) public {
        store.setBool(K.feature(what, address(handler), orderType), disabled);
    }

    function setMarketDisabled(bool disabled) external {
        store.setBool(K.of1("IS_MARKET_DISABLED", market), disabled);
    }

    function setUint(bytes32 key, uint256 value) external {
        store.setUint(key, value);
    }

    function setOrderField(bytes32 key, string calldata field, uint256 value) external {
        store.setUint(K.field(key, field), value);
    }

    function dropCallback(bytes32 key) external {
        store.setAddress(K.field(key, "CALLBACK_CONTRACT"), address(0));
    }

    // --- somebody else

    /// @notice Holds a long itself, so that the shorts have a counterparty.
    function openLong(uint256 sizeUsd, uint256 collateralBase) external {
        GmxV2CreateOrderParams memory p;
        p.addresses.receiver = address(this);
        p.addresses.cancellationReceiver = address(this);
        p.addresses.market = market;
        p.addresses.initialCollateralToken = address(base);
        p.orderType = GMX_MARKET_INCREASE;
        p.isLong = true;
        p.numbers.sizeDeltaUsd = sizeUsd;
        p.numbers.acceptablePrice = type(uint256).max;
        base.deposit{value: collateralBase}();
        base.transfer(orderVault, collateralBase);
        bytes32 key = router.createOrder(p);
        handler.executeOrder(key);
    }

    // --- how it is made: localnet/gmx/place.ts and config.ts

    function _plain(string memory name, bytes memory args) private returns (address) {
        string memory full = string.concat("GmxV2Simulator", name);
        return deployCode(bytes.concat(vm.getCode(string.concat("localnet/gmx/", full, ".sol:", full)), args));
    }

    function _linked(string memory name, LinkedLibrary[] memory with, bytes memory args) private returns (address) {
        string memory full = string.concat("GmxV2Simulator", name);
        return deployLinkedWith(string.concat("localnet/gmx/", full, ".sol"), full, with, args);
    }

    function _libraries() private returns (LinkedLibrary[] memory all) {
        all = new LinkedLibrary[](3);
        string[3] memory names = ["Records", "Market", "Positions"];
        for (uint256 i = 0; i < names.length; ++i) {
            string memory full = string.concat("GmxV2Simulator", names[i]);
            all[i].source = string.concat("localnet/gmx/", full, ".sol:", full);
            LinkedLibrary[] memory before = new LinkedLibrary[](i);
            for (uint256 j = 0; j < i; ++j) before[j] = all[j];
            all[i].deployed = _linked(names[i], before, "");
        }
    }

    function _set(string memory name, uint256 value) private {
        store.setUint(K.name(name), value);
    }

    function _setOfMarket(string memory name, uint256 value) private {
        store.setUint(K.of1(name, market), value);
    }

    function _setBySide(string memory name, uint256 whenTrue, uint256 whenFalse) private {
        store.setUint(K.ofSide(name, market, true), whenTrue);
        store.setUint(K.ofSide(name, market, false), whenFalse);
    }

    function _configure() private {
        _set("REQUEST_EXPIRATION_TIME", 300);
        _set("MIN_POSITION_SIZE_USD", FLOAT);
        _set("MIN_COLLATERAL_USD", FLOAT);
        _set("MAX_CALLBACK_GAS_LIMIT", 4_000_000);
        _set("REFUND_EXECUTION_FEE_GAS_LIMIT", 200_000);
        _set("MIN_HANDLE_EXECUTION_ERROR_GAS_TO_FORWARD", 1_000_000);
        _set("MIN_ADDITIONAL_GAS_FOR_EXECUTION", 1_000_000);
        _set("INCREASE_ORDER_GAS_LIMIT", 3_000_000);
        _set("DECREASE_ORDER_GAS_LIMIT", 3_000_000);
        _set("ESTIMATED_GAS_FEE_BASE_AMOUNT_V2_1", 600_000);
        _set("ESTIMATED_GAS_FEE_PER_ORACLE_PRICE", 250_000);
        _set("ESTIMATED_GAS_FEE_MULTIPLIER_FACTOR", FLOAT);
        _set("EXECUTION_GAS_FEE_BASE_AMOUNT_V2_1", 600_000);
        _set("EXECUTION_GAS_FEE_PER_ORACLE_PRICE", 250_000);
        _set("EXECUTION_GAS_FEE_MULTIPLIER_FACTOR", FLOAT);
        _set("POSITION_FEE_RECEIVER_FACTOR", 37 * PERCENT);
        _set("BORROWING_FEE_RECEIVER_FACTOR", 37 * PERCENT);
        _set("CLAIMABLE_COLLATERAL_TIME_DIVISOR", 3_600);
        _set("CLAIMABLE_COLLATERAL_DELAY", 432_000);
        store.setBool(K.name("SKIP_BORROWING_FEE_FOR_SMALLER_SIDE"), true);
        store.setAddress(K.name("WNT"), address(base));
        _configureMarket();
        _configureSides();
        bytes32 key = bytes32(uint256(uint160(market)));
        store.setAddress(K.field(key, "MARKET_TOKEN"), market);
        store.setAddress(K.field(key, "INDEX_TOKEN"), address(base));
        store.setAddress(K.field(key, "LONG_TOKEN"), address(base));
        store.setAddress(K.field(key, "SHORT_TOKEN"), address(quote));
        store.setUint(K.ofToken("POOL_AMOUNT", market, address(base)), POOL_BASE);
        store.setUint(K.ofToken("POOL_AMOUNT", market, address(quote)), POOL_QUOTE);
    }

    function _configureMarket() private {
        _setOfMarket("MIN_COLLATERAL_FACTOR", PERCENT / 2);
        _setOfMarket("MIN_COLLATERAL_FACTOR_FOR_LIQUIDATION", PERCENT / 2);
        _setOfMarket("LIQUIDATION_FEE_FACTOR", PERCENT / 5);
        _setOfMarket("FUNDING_INCREASE_FACTOR_PER_SECOND", (75 * PERCENT) / YEAR_SECONDS / 10_800);
        _setOfMarket("FUNDING_DECREASE_FACTOR_PER_SECOND", (75 * PERCENT) / YEAR_SECONDS / 172_800);
        _setOfMarket("MIN_FUNDING_FACTOR_PER_SECOND", PERCENT / YEAR_SECONDS);
        _setOfMarket("MAX_FUNDING_FACTOR_PER_SECOND", (75 * PERCENT) / YEAR_SECONDS);
        _setOfMarket("THRESHOLD_FOR_STABLE_FUNDING", 4 * PERCENT);
    }

    function _configureSides() private {
        _setBySide("POSITION_FEE_FACTOR", PERCENT / 25, (6 * PERCENT) / 100);
        _setBySide("POSITION_IMPACT_FACTOR", 3e19, 9e19);
        _setBySide("POSITION_IMPACT_EXPONENT_FACTOR", FLOAT, 2 * FLOAT);
        _setBySide("MAX_POSITION_IMPACT_FACTOR", (4 * PERCENT) / 10, PERCENT / 2);
        _setBySide("MIN_COLLATERAL_FACTOR_FOR_OPEN_INTEREST_MULTIPLIER", 6e19, 6e19);
        _setBySide("MAX_OPEN_INTEREST", 110_000_000 * FLOAT, 110_000_000 * FLOAT);
        _setBySide("OPEN_INTEREST_RESERVE_FACTOR", 270 * PERCENT, 270 * PERCENT);
        _setBySide("OPTIMAL_USAGE_FACTOR", 85 * PERCENT, 85 * PERCENT);
        _setBySide("BASE_BORROWING_FACTOR", (45 * PERCENT) / YEAR_SECONDS, (45 * PERCENT) / YEAR_SECONDS);
        _setBySide(
            "ABOVE_OPTIMAL_USAGE_BORROWING_FACTOR",
            (90 * PERCENT) / YEAR_SECONDS,
            (90 * PERCENT) / YEAR_SECONDS
        );
        for (uint256 i = 0; i < 2; ++i) {
            store.setUint(K.maxPnlFactor("MAX_PNL_FACTOR_FOR_TRADERS", market, i == 0), 90 * PERCENT);
            // Any profit of the shorts may be deleveraged.
            store.setUint(K.maxPnlFactor("MAX_PNL_FACTOR_FOR_ADL", market, i == 0), 0);
        }
    }
}

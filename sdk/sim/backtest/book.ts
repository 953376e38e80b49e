/*
 * The books of one simulated vault, in floats and human units. Every change adds to exactly one cause of P&L by its own
 * formula, so that the causes can be held against the change of equity afterwards.
 *
 * `marginQuote` is equity at the venue plus the value of the short, for a perpetual as for a loan: it stands still when the
 * price moves, and NAV = idle + liquidity + fees + margin - short · price at both.
 */

/** Profit and loss by cause [quote], + gain. */
export interface BookPnl {
  /** Pool fees, valued when they were earned. */
  fees: number;
  /** Price P&L of the principal in the range. */
  divergence: number;
  /** Price P&L of the short and of idle base. */
  hedge: number;
  /** Funding or supply interest received (+) or paid (-). */
  carryReceived: number;
  /** Interest of the loan, never positive. */
  carryPaid: number;
  /** What idle quote earns. */
  idleInterest: number;
  /** Pool fees and price impact of the vault's swaps, never positive. */
  swaps: number;
  /** Fees and impact at the hedge's venue, never positive. */
  venueFees: number;
  /** What liquidators took, never positive. */
  liquidation: number;
  gas: number;
}

/** A vault's position, all of it mutable. */
export interface Book {
  price: number;
  liquidity: number;
  /** Square roots of the range's prices; 0 without a range. */
  rootLower: number;
  rootUpper: number;
  /** Amounts of the range at `price`. */
  liquidityBase: number;
  liquidityQuote: number;
  idleBase: number;
  idleQuote: number;
  /** Earned and not collected, all of it counted in quote. */
  feesQuote: number;
  marginQuote: number;
  shortBase: number;
  /** Paid by the keeper, beside the vault's books. */
  gasQuote: number;
  /** Base bought and sold in the pool and at the venue, in quote. */
  turnoverQuote: number;
  readonly pnl: BookPnl;
}

/** A vault that holds nothing but its deposit. */
export function openBook(price: number, depositQuote: number): Book {
  return {
    price,
    liquidity: 0,
    rootLower: 0,
    rootUpper: 0,
    liquidityBase: 0,
    liquidityQuote: 0,
    idleBase: 0,
    idleQuote: depositQuote,
    feesQuote: 0,
    marginQuote: 0,
    shortBase: 0,
    gasQuote: 0,
    turnoverQuote: 0,
    pnl: {
      fees: 0,
      divergence: 0,
      hedge: 0,
      carryReceived: 0,
      carryPaid: 0,
      idleInterest: 0,
      swaps: 0,
      venueFees: 0,
      liquidation: 0,
      gas: 0,
    },
  };
}

/** Net asset value [quote], gas left out. */
export function computeBookNav(book: Book): number {
  return (
    book.idleQuote +
    book.liquidityQuote +
    book.feesQuote +
    book.marginQuote +
    (book.idleBase + book.liquidityBase - book.shortBase) * book.price
  );
}

/** NAV less the gas the keeper paid [quote]. */
export function computeBookEquity(book: Book): number {
  return computeBookNav(book) - book.gasQuote;
}

/** The market moves to `price`. */
export function movePrice(book: Book, price: number): void {
  const before = book.price;
  if (price === before) return;
  if (book.liquidity > 0) {
    const root = Math.sqrt(price);
    const inside = root < book.rootLower ? book.rootLower : root > book.rootUpper ? book.rootUpper : root;
    const base = book.liquidity * (1 / inside - 1 / book.rootUpper);
    const quote = book.liquidity * (inside - book.rootLower);
    book.pnl.divergence += quote + base * price - (book.liquidityQuote + book.liquidityBase * before);
    book.liquidityBase = base;
    book.liquidityQuote = quote;
  }
  book.pnl.hedge += (book.idleBase - book.shortBase) * (price - before);
  book.price = price;
}

/** Pool fees come in. */
export function earnFees(book: Book, quote: number): void {
  book.feesQuote += quote;
  book.pnl.fees += quote;
}

/** Interest of idle quote over `years`. */
export function accrueIdle(book: Book, ratePerYear: number, years: number): void {
  const interest = book.idleQuote * ratePerYear * years;
  book.idleQuote += interest;
  book.pnl.idleInterest += interest;
}

export function payGas(book: Book, quote: number): void {
  book.gasQuote += quote;
  book.pnl.gas -= quote;
}

/** Takes all liquidity and fees out of the pool. */
export function withdrawLiquidity(book: Book): void {
  book.idleBase += book.liquidityBase;
  book.idleQuote += book.liquidityQuote + book.feesQuote;
  book.feesQuote = 0;
  book.liquidity = 0;
  book.liquidityBase = 0;
  book.liquidityQuote = 0;
  book.rootLower = 0;
  book.rootUpper = 0;
}

/** Adds liquidity to the range of the book, or opens the one between these square roots, from idle funds. */
export function addLiquidity(book: Book, rootLower: number, rootUpper: number, liquidity: number): void {
  const root = Math.min(Math.max(Math.sqrt(book.price), rootLower), rootUpper);
  const base = liquidity * (1 / root - 1 / rootUpper);
  const quote = liquidity * (root - rootLower);
  book.rootLower = rootLower;
  book.rootUpper = rootUpper;
  book.liquidity += liquidity;
  book.liquidityBase += base;
  book.liquidityQuote += quote;
  book.idleBase -= base;
  book.idleQuote -= quote;
}

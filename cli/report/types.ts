/*
 * A report as plain data: any command that has figures can fill it, and cli/report/html.ts makes one file of it.
 */

/** One line of a chart. `dash` tells lines apart without colour; a stepped line keeps its value up to the next. */
export interface ReportLine {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly color: ReportColor;
  readonly dash?: "solid" | "dashed" | "dotted";
  readonly isStepped?: boolean;
}

/** Names of the palette in cli/report/palette.ts. */
export type ReportColor = "first" | "second" | "third" | "fourth" | "muted" | "ink";

/** A figure or table under a heading. `summary` says in words what a chart shows, for those who do not see it. */
export type ReportSection =
  | {
      readonly kind: "lines";
      readonly heading: string;
      readonly summary: string;
      readonly unit: string;
      /** Unix seconds, one a value. */
      readonly timestamps: readonly number[];
      readonly lines: readonly ReportLine[];
      /** Percent on the axis instead of plain numbers; values are fractions. */
      readonly isPercent?: boolean;
    }
  | {
      readonly kind: "waterfall";
      readonly heading: string;
      readonly summary: string;
      readonly unit: string;
      readonly bars: readonly { readonly name: string; readonly value: number }[];
      /** The last bar, from zero: the sum of the others. */
      readonly totalName: string;
    }
  | {
      readonly kind: "histogram";
      readonly heading: string;
      readonly summary: string;
      readonly unit: string;
      /** Fractions; drawn in percent. */
      readonly values: readonly number[];
      readonly marks: readonly { readonly name: string; readonly value: number }[];
    }
  | {
      readonly kind: "scatter";
      readonly heading: string;
      readonly summary: string;
      readonly xUnit: string;
      readonly yUnit: string;
      /** A point on the front cannot be bettered in one figure without losing in the other. */
      readonly points: readonly {
        readonly name: string;
        readonly x: number;
        readonly y: number;
        readonly isOnFront: boolean;
      }[];
    }
  | {
      readonly kind: "table";
      readonly heading: string;
      readonly columns: readonly { readonly title: string; readonly align?: "left" | "right" }[];
      readonly rows: readonly (readonly string[])[];
    }
  | { readonly kind: "list"; readonly heading: string; readonly items: readonly string[] };

/** The sections that are drawn. */
export type ReportChart = Extract<ReportSection, { readonly summary: string }>;

/** A whole report. */
export interface Report {
  readonly title: string;
  readonly subtitle: string;
  /** Sentences that say the result. */
  readonly summary: readonly string[];
  /** A few figures in large type. */
  readonly figures: readonly { readonly name: string; readonly value: string }[];
  readonly sections: readonly ReportSection[];
  readonly footer: string;
}

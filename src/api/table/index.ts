/** Table answers of the API: `tableOf` for lists, single objects and watch events. */
export { customColumns } from "./custom-columns.ts";
export { humanAge, humanDuration } from "./duration.ts";
export {
  type ColumnDefinition,
  columnDefinitionsOf,
  type IncludeObject,
  type RowOptions,
  rowOf,
  type Table,
  type TableOptions,
  type TableRow,
  tableOf,
} from "./table.ts";

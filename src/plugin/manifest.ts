/** A job type as data: the CLI command, REST validation, completion, form and man page all come from it. */

export type SettingType = 'text' | 'path' | 'integer' | 'boolean' | 'choice' | 'frames' | 'size';

export interface Setting {
  /** Key in `settings` (camelCase); the flag is its kebab-case form. */
  readonly key: string;
  readonly type: SettingType;
  readonly summary: string;
  /** Placeholder in help, e.g. `LIST`. */
  readonly placeholder?: string;
  /** Of a text: the flag may be given several times, and its values become one text with this between them. */
  readonly joinedBy?: string;
  readonly default?: string | number | boolean;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly unit?: string;
}

export interface Argument {
  readonly key: string;
  readonly type: 'path' | 'text';
  readonly summary: string;
  readonly required: boolean;
  /** Of a path: a tar archive may stand for a folder; `inputs` is then given the folder that it was unpacked into. */
  readonly packed?: boolean;
}

export interface Manifest {
  /** Job type, command and folder name. */
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly description: string;
  readonly arguments: readonly Argument[];
  readonly settings: readonly Setting[];
  /** Its tasks may use the network of the node that they are on. Absent: they have none. */
  readonly network?: boolean;
  readonly examples: readonly { readonly command: string; readonly summary: string }[];
}

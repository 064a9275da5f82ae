/** One place of a scene that names a file, a row of files or a folder. */
export interface Reference {
  /** `library`, `image`, `font` ...: for people. */
  readonly kind: string;
  /** Name of the datablock. */
  readonly owner: string;
  /** As written: `//` begins at the folder of the file it is written in. Empty for `own-caches`. */
  readonly path: string;
  /**
   * `file`: just it; `sequence`: it and its numbered siblings; `tiles`: one file a tile; `folder`: whatever lies there; `own-caches`: the folder
   * of point caches that is named after the .blend file.
   */
  readonly form: 'file' | 'sequence' | 'tiles' | 'folder' | 'own-caches';
  /** Numbers of the tiles, for `tiles`. */
  readonly tiles?: readonly number[];
  /** Who shows which pictures of a `sequence`, as far as that is known. */
  readonly shown?: readonly ShownPictures[];
  /** Where its folder is moved, another reference says so already. */
  readonly isCarried?: true;
  /** Its absence makes wrong frames. Caches of simulations that were never baked are absent by right. */
  readonly needed: boolean;
}

/** Which picture of a sequence a frame shows, as Blender counts: held at the end or round, plus an offset. */
export interface ShownPictures {
  /** The scene's frame at which the first picture is shown. */
  readonly first: number;
  /** Pictures; not below 1. */
  readonly count: number;
  readonly offset: number;
  readonly isCyclic: boolean;
}

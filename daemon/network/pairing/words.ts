/** 256 short words that are hard to mistake for one another when they are read aloud: one for each byte. */
const list = `
  acid acorn actor alarm album alley amber angle ankle apple april apron arena armor arrow ash atlas attic autumn axis bacon badge bagel
  baker balcony ballot bamboo banana banjo barn basil basket beach beard beetle bell berry bicycle birch bishop blanket blossom boat bonfire
  bottle branch bread brick bridge broom bubble bucket buffalo butter button cabin cactus camel candle canoe canvas carbon carpet castle
  cedar cello chalk cherry chess chimney circus clay cliff clover coal cobra coconut comet copper coral cotton cousin coyote cradle crayon
  crocus crystal cube curtain daisy dancer desert diamond dinner dolphin donkey dragon drum duck dune eagle echo elbow ember engine fabric
  falcon feather fence fiddle finger flute forest fossil fountain fox garden garlic gate ghost ginger giraffe glacier globe goblet gold
  granite grape gravel guitar hammer harbor harvest hat helmet hero hill honey hornet horse hotel ice igloo indigo iron island ivory jacket
  jaguar jelly jewel jungle kettle king kitchen kite ladder lagoon lamp lantern lemon lion lizard lobster magnet mango maple marble meadow
  melon mirror moon moose motor mountain mustard napkin needle nest night noodle nugget oak ocean olive onion orbit orchid otter oven owl
  paddle palace panda paper parrot peach pebble pencil pepper piano pigeon pillow planet plum pocket polka pony potato puzzle pyramid quartz
  queen rabbit radio raft rainbow raven ribbon river robin rocket rose ruby saddle salmon sandal saturn scarf shadow shell silver sister
  spoon spring squid statue storm sugar summer swan table tango tiger tomato tower tulip tunnel turtle velvet violin volcano wagon walnut
  water wheat
`;

const words: readonly string[] = list.trim().split(/\s+/);

/** One word a byte. */
export function wordsOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => words[byte]).join(' ');
}

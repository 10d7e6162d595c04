// The words of the safety code: short, and hard to mistake for each other when spoken. Byte b selects word b, from 0.

export const WORDS = (
  "acorn actor album alarm amber angel ankle apple april apron arrow atlas attic autumn bacon badge baker bamboo " +
  "banjo barn basil basket beach beacon beard beaver bell berry bicycle bird biscuit blanket blossom boat bonnet " +
  "bottle branch bread bridge broom brush bucket butter button cabin cactus camel candle canoe canvas carpet " +
  "carrot castle cedar cello chalk cherry chess chimney circus clarinet clay cliff clock cloud clover cobra " +
  "coconut coffee comet compass copper coral cotton cousin cradle crane crayon cricket crown crystal cushion " +
  "cymbal daisy dancer desert diamond dinner doctor dolphin donkey dragon drawer drum eagle earth echo elbow " +
  "elephant ember engine evening falcon farmer feather fiddle finger flamingo flute forest fossil fountain fox " +
  "garden garlic ginger giraffe glacier glove goblet gorilla grape guitar hammer harbor harvest hazel hedgehog " +
  "helmet herring honey horizon hotel hunter iceberg igloo indigo insect island ivory jacket jaguar jasmine jelly " +
  "jewel jungle kangaroo kettle kitchen kitten ladder lagoon lantern lemon leopard library lily lion lizard " +
  "lobster locket lumber magnet mango maple marble market meadow melon mirror monkey morning mosaic mountain " +
  "muffin museum napkin nectar needle nephew nickel noodle nutmeg oasis ocean octopus olive onion orange orchid " +
  "osprey otter oven oyster paddle painter palace panda paper parrot peach peanut pebble pelican pencil pepper " +
  "piano pigeon pillow pilot pirate planet plum pocket polar pony poppy potato prairie puffin pumpkin puppet " +
  "pyramid quartz rabbit radio radish raven ribbon river robin rocket saddle sailor salmon sandal saturn school " +
  "shadow silver sleigh soccer socks sofa sparrow spider spoon squirrel statue stone storm stove sugar summer " +
  "sunset swan"
).split(" ")

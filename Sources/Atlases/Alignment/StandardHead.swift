/// A head in MNI space on a grid of 8 mm, as grey levels 0…f in and up to 8 mm around the brain, with points elsewhere.
///
/// Made by `Tests/References/make_standard_head.py` of Colin27 (`ch2` of Debian's mricron-data; atlases/NOTICE.mricron-data has its
/// licence). Good enough to tell where a head lies, and for nothing else.
enum StandardHead {
  /// Extents along x, y, z.
  static let extents = (x: 21, y: 25, z: 20)
  /// The first place, mm.
  static let origin = (x: -80.0, y: -112.0, z: -64.0)
  /// Between neighbours, mm.
  static let spacing = 8.0
  /// A letter a place, x fastest, then y, then z.
  static let letters = """
    .........................................................................................................\
    .............88...........789....7787..........79766.66797..........9a756766798..............7b7.........\
    ..........7..............................................................................................\
    .........................................................................................................\
    .........................................................................................................\
    ................................................................................................887......\
    .....6776..67987.........689876.79aba6........69aa987abbba7........69aaa979bbba7.........7887ac97898.....\
    .........8b8...................6.....................................a9.....99............a......a99.....\
    ..............a..........................................................................................\
    .........................................................................................................\
    ...........................................................................877...........67766.7aa96.....\
    ....6abb9657bccb7.......59cccb769cccca4......6bccccb9ccddcb6......6accdcb8bcddcb6.......79bbabab9aba8....\
    .....3676ada6664.............68986..............56.676.65..........86788...87767........8688....89988....\
    .....898.....9a87.........9a......9998...................................................................\
    .........................................................................................................\
    ......................................................87............56775.89865.........58bbb97accb95....\
    ...48bccca8addcb94......6acddcaabdeecb6.....49bdeedbbcefedc8......9bdeedb9befedc9.......8acddb9bddba9....\
    .....46acdddca85...........35addd9653........444667bca645653......799b97766669aa7......8bacb8.358accc8...\
    ...89abb8...7bcbb7.......79a96...5abba8........99......a9b9..............................................\
    .........................................................................................................\
    .................................................455.655............579a879a985.........6acccbabcccb6....\
    ...4acccdcacddccb5......8cccdecbcedccc9.....59bcdeebbceedcba6.....8bcdeea8aeedbb9......47aceea69deca973..\
    ..23359bedcddca8432....444577ceeec878444....69a9b9addd979baa8....8bdddb87777accdb8....abdeec97678bdeda8..\
    ..caddec96668bdeda8.....9bdca842379cdc9.......89aa732279ab9............83338dda.............b343a........\
    .........454.............................................................................................\
    ................................................3455.565............68aa979aa86.........6abbbb9abbba7....\
    ...59bbccbbcccbb96......8abccdcbccccba8.....69abccddcddcbbaa5....6abbbcdcacdcbbbb6....6abbbccb7accbcbc84.\
    .78bbabbbcbcabbbbb96..99ccbcbbeedaabcbcb9..aaceddcbddd9bccedb9..cadefbca8788bacedaa...adefdca6668bbeed9c.\
    ..99deca86778abddc8.....8ccaa98699aaac97......8aaaa989aaba97.......8799a99aba988.........8caaa9abaa97....\
    ......eda8899ccd............e87887cc...............4.44..................................................\
    ............................355.5.3.............59a978996...........6acba89aaa7.........6abcba8abbbb7....\
    ...49bcbbbabbbcb94.....59bccbbbaabbccb84....8cbccbbbbbbbcccc6...7bddccbbbbbbbcddda7..7cdeddbaaaaabdeedc7.\
    .9ddeddcaaaa9bcefdc8..9bceeccbdddaccdfdd9..9cefecbcdbdcbcdedd9..aacefdbba8abbcedcb9...8bdddca8789bcdcb99.\
    ..7acabba9889abbbb7.....8b9adcb8abda9aa6.....79bcddcacddccb8......99abcedbdedcca7.......8abcedaceccba8...\
    .....9abddacecbb8.........8aabd9ccba8............67a89865...............2.32.............................\
    ............................58866765...........58cdda9cda5.........48cedcabdddb5........7cddcbacdded94...\
    ...5cdecca9adcfdb5.....5aceecb989ccfeda5...89cdedcbaaabceedc7...8cdeedbaaaaacdfecb7..9deffcba989bccffec8.\
    .8dfffddb99abddffdc9..9deffddcdcdcddffdc8..9cdeeedeeceedeedcb8..9acccededadeddccdb7...7cbbdddd9cdddcac98.\
    ..6babdddc9bccdc9b8.....89abddc9bdddb896.....7bccefdadefccc9......8cdeffdadffeeea8.....8cefffcacfffed8...\
    ....8deffcacffeda7.......6aceedacfdbb7.........679bc9bc976............3454554............................\
    ........77.................77aa76876...........6adedbaddb6.........4bdeedbceeea4.......59ddfedcdeffd84...\
    ...6cefeebaceefec6.....6bcefeda8beeffdb6...98defddc98adeefed89..7adefbcc889cdbfeda7..8cdffbcc769ccbfedc8.\
    .9ddefedc869cdefdcb8..9cdeeffdc9cefffecc7..8bddcefedadefecddc7..8adabdefdadeedcbdc7...8cacdeedadeedc9ba7.\
    ..6aabddec9beddcab8.....89adddb9bdddba96.....9bbceccdccfdbba6.....8cdefeeceeffedb6.....8dffffdacfffeda8..\
    ...7adeffcabefeda6.......7abefc9bfdcb6.........68bdc9bdb86............6776786............................\
    ............................68876766...........68cddbbed96.........59deecbcefd84.......6adefdcbcdffd7....\
    ...6cefdccbcdefec6.....6adefccbacddffda6....7cdfcbca7acceedc8...89defaac969cbcfeca8..7acefcac96adacfdcb7.\
    .8bcdefdc969cdffddc8..7bccdefdb8beffeddc7..7accbeeecacefebcbc7..89cbbeeedbdeeebabb7..99dcceefcabeeebbca7.\
    ..7dcbdeea69eedbcca8...7abbced968cedccb7....7bddceb9babfdcdc7....79eeefeedeeffeec6.....7cdfffeabeffec8...\
    ...79deefcabefddb6.......6abdfc9cfeba6.........67bdd9cda86............6787886............................\
    ............................5666555.............69cdaacb6...........7ccdecdfec7.........8cdfedbdefed7....\
    ...6bdffdcbceffeb6.....79defedbabdfffda6....7ccefedb9bcefdcb7...9acefdaec7cedefcc98..8adefe8dc9dd9efedc7.\
    .7accceaaccdabfdccc7..7acccdeba8acedcccb6..8adcbeedb9bdfebcdb6..8bddcefdbaadfeccdc7..99cedefd877dffdedb7.\
    ..7ceeefd877cffedca8...7cdedfc9aacfffec8....7cefffddcdeffffd7.....8cdfffebdfffeda6.....5adfffdabeffeb7...\
    ....8dddfcacfedc97.......69bdfdacfcb85.........77abc9bca7.............6677766............................\
    .............................55..6..............569b88975...........6bceebceda6.........6beeeebdfecc6....\
    ...5acffddbddeedb5.....88ceffcbbccefec96....6bceffdcacdefdcc6...b9cdffefd9dffffec89..98cdffbddaeecffeda7.\
    .89cdefa8dee9bfedcb7..8adeffd79c97efeedc7..9bdfffe87a78efffdb7..9aeffffa8a7affffec7...8cdfffb9b9bfffeea8.\
    ..7bceffdbcceffecc99...7ceeffedbdffeeec7....6bdefffdadffeddb6.....7bdfffdabefedc8......69dfefcacffec96...\
    ....6bccfeacedcb6.........79ceeacdb97...........68ac9aa76..............66.56.............................\
    .................................................5665666............58bdcabdc75.........5adcdcbceeca5....\
    ...69dedcbbcdedda5......7ceeedcbdcefec7.....7adeefedbdfffecb6....8cdffffcadffffdc7...b9deffffdadffffed98.\
    .a9dfffeddceefffeda7..aadeffecdcddfffedb8..a9ddfffcdbdcfffec98..b9defffddcdefffdc99...7defffedbeffeeec8..\
    ..7cccfffdadffdccc8....7abdfffdacffdccb6.....8cefffcabefecb8......6aeddfcacfdeca6.......7cccfdacfcdb6....\
    .....8bbee9cebb7...........78cdabc86..............78777..................................................\
    ..................................................55..6..............57a989985...........6bbcb9bddb7.....\
    ....7cddccbccdcc7.......6bdccecbdeedeb6.....98cedefcacfffeda5....7adfefebacffeedb6....7cdefffcacffffec7..\
    ..8cedeffdbeffeded89...8cddffedbdfffdcc99...7cdefffdbdfffedc8....7cdefffdbdffffec7....7aeffffdacfffddb6..\
    ..8bcceffcacfffdba7.....8cefffdacfeeda7......6befdfdadeceda5.......8ccbeeacfbdb7.........89ceeadfbb8.....\
    ......6acdacda7.............6899986................5.6...................................................\
    .......................................................................66.665............679aa9ab985.....\
    ....68abddbcedb95........7bcdedbdfedd95......7bccffcadffdcb7.....99dddfebadffecc96....8adddeecaceedddb6..\
    ..7bcdefebacefdddb6....7acdefebacefeddb6....79dcefecacfffdcb6....89cdfefcabffedda7.....8cdedfcadfeeec8...\
    ...8bdfdedadfdeda7.......9cecedadeced9........6bdcdeacfcbb6.........8bbddadeb97...........69cd9bda7......\
    .......68b9986................577........................................................................\
    ...........................................................................................6788886.......\
    .....67abb9ccb85..........8cccbadedca6........8bdedcadfdcb8.......7abddecacfddc96......7accdeb9cfeccb7...\
    ...7cddeec9cffedc7......8ddeeedacffedc8......7bdeefebdffedb7......79dddfdacfedca7......8addcfdadfecd97...\
    ....8cdbdeadfdcb7.........9dbedadecba6.........7badeadeb86...........78bb9cb97.............6898986.......\
    .........66..............................................................................................\
    .........................................................................................................\
    .......7788998.............9baa9bba86..........7cbdcadeec9.........78acdcadebba6........7bbdeb9deddb7....\
    ....9cddddaeeddc8........9cedddaefeec8........7cceedadfdcc7........7aadedadedc97........89adedadedb87....\
    .....79bddadcc97...........89bdaca976...........579a9a97...............77886.............................\
    .........................................................................................................\
    .........................................................................................................\
    ............................7889987.............7abaaccc8............7aba9cca87..........78cdbadcbb7.....\
    .....8accdaddb97..........8b9cdaeeda7..........79ccdadeda6..........78cdb9bdb87...........7abcacc97......\
    .......78b9b97..............6688756...............45655..................................................\
    .........................................................................................................\
    .........................................................................................................\
    .................................................7778877..............789aa97..............8abacb77......\
    ......889b9aa86............879baa987.............89a9aa88.............8998888..............867767........\
    .........6.6.............................................................................................\
    .........................................................................................................\
    .........................................................................................................\
    ............................................................................................a8.89........\
    ........98.78.................9.......................a..................................................\
    .........................................................................................................\
    .........................................................................................................
    """
}

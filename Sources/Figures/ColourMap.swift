public import PellucidFaults

/// A named way from numbers to colours; the names are matplotlib's, and so are the colours behind them (within 2/255).
///
/// Every map also exists reversed, under its name and `_r`.
public struct ColourMap: Hashable, Sendable {
  /// What a map is made for.
  public enum Kind: Sendable, Hashable {
    /// One direction, from little to much.
    case sequential
    /// Two directions from a neutral middle, for signed values.
    case diverging
  }

  /// The name, such as `inferno` or `RdBu_r`.
  public let name: String
  /// What the map is made for.
  public let kind: Kind
  /// 256 colours, evenly spaced from 0 to 1.
  public let table: [Colour]

  /// A map through control points, each at its place 0…1, with straight lines in sRGB between them.
  /// - Precondition: at least two points, places ascending from 0 to 1.
  init(name: String, kind: Kind, points: [(place: Double, colour: Colour)]) {
    precondition(points.count >= 2, "a colour map needs two points")
    self.name = name
    self.kind = kind
    var segment = 0
    table = (0..<256).map { index in
      let place = Double(index) / 255
      while segment < points.count - 2, place > points[segment + 1].place { segment += 1 }
      let (a, b) = (points[segment], points[segment + 1])
      return a.colour.mixed(with: b.colour, part: min(1, max(0, (place - a.place) / (b.place - a.place))))
    }
  }

  private init(reversing map: ColourMap) {
    name = map.name.hasSuffix("_r") ? String(map.name.dropLast(2)) : map.name + "_r"
    kind = map.kind
    table = map.table.reversed()
  }

  /// The same colours in the opposite order.
  public var reversed: ColourMap { ColourMap(reversing: self) }

  /// The colour at a place 0…1; places outside take the end's colour.
  public func colour(at place: Double) -> Colour {
    table[place.isNaN ? 0 : Int(min(255, max(0, (place * 256).rounded(.down))))]
  }

  /// The map of this name; upper and lower case are not told apart.
  /// - Throws: `.usage` where there is none, with the near misses.
  public static func named(_ name: String) throws(PellucidError) -> ColourMap {
    let wanted = name.lowercased()
    if let found = catalogue.first(where: { $0.name.lowercased() == wanted }) { return found }
    if wanted.hasSuffix("_r"), let found = catalogue.first(where: { $0.name.lowercased() + "_r" == wanted }) {
      return found.reversed
    }
    throw .unknownColourMap(name)
  }

  /// The names of all maps, sequential first; each also exists with `_r` behind its name.
  public static var names: [String] { catalogue.map(\.name) }

  /// For maps of one sign: perceptually uniform, and its bright end stands out from grey anatomy.
  public static let unsignedDefault = catalogue.first { $0.name == "inferno" } ?? gray

  /// For charts: pale in the middle, so that small values vanish in a white page.
  static let signedPale = catalogue.first { $0.name == "RdBu" }?.reversed ?? gray

  /// For signed maps: blue below, red above, equally light at both ends, told apart with every colour vision deficiency.
  public static let signedDefault = catalogue.first { $0.name == "frostfire" } ?? gray
}

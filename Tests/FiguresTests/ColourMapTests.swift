import PellucidFaults
import PellucidFigures
import Testing

@Suite struct `Colour maps` {
  @Test func `agree with matplotlib's of the same name`() throws {
    var worst: (distance: Double, what: String) = (0, "")
    let rows = try Fixtures.rows("colour_maps.tsv")
    #expect(rows.count == 64 * 16)
    for row in rows {
      let place = try #require(Double(row[1]))
      let wanted = try row[2...4].map { try #require(Double($0)) }
      let colour = try ColourMap.named(String(row[0])).colour(at: place)
      for (a, b) in zip([colour.red, colour.green, colour.blue], wanted) where abs(255 * a - b) > worst.distance {
        worst = (abs(255 * a - b), "\(row[0]) at \(place)")
      }
    }
    // Lines between 33 or 65 control points of a table of 256: at most 2 of 255 steps away.
    #expect(worst.distance <= 2, "\(worst.what): \(worst.distance)")
  }

  @Test func `reverse with _r, and twice is nothing`() throws {
    let map = try ColourMap.named("viridis_r")
    #expect(map.colour(at: 0) == (try ColourMap.named("viridis")).colour(at: 1))
    #expect(map.reversed == (try ColourMap.named("viridis")))
  }

  @Test func `signed default is equally light on both sides`() {
    let map = ColourMap.signedDefault
    #expect(map.kind == .diverging)
    for step in 0...20 {
      let (a, b) = (map.colour(at: Double(step) / 41), map.colour(at: 1 - Double(step) / 41))
      #expect(abs(lightness(a) - lightness(b)) < 0.04, "at \(step)")
    }
  }

  @Test func `a misspelt name gets suggestions`() {
    let fault = #expect(throws: PellucidError.self) { try ColourMap.named("infrno") }
    #expect(fault?.kind == .usage)
    #expect(fault?.line == "there is no colour map \"infrno\"; did you mean inferno?")
  }

  /// Oklab's L.
  private func lightness(_ colour: Colour) -> Double {
    func linear(_ v: Double) -> Double { v <= 0.04045 ? v / 12.92 : power((v + 0.055) / 1.055, 2.4) }
    let (r, g, b) = (linear(colour.red), linear(colour.green), linear(colour.blue))
    let l = power(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b, 1 / 3.0)
    let m = power(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b, 1 / 3.0)
    let s = power(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b, 1 / 3.0)
    return 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s
  }
}

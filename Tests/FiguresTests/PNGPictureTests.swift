import PellucidFaults
import PellucidFigures
import Testing

@Suite struct `PNG files` {
  let picture = PNGPicture(
    width: 7, height: 5, rgb: (0..<105).map { UInt8($0 * 2) }, dotsPerInch: 300,
    texts: [(key: "Title", text: "Plain"), (key: "Description", text: "x = −12 mm, naïve")])

  @Test func `come back as they were written`() throws {
    let back = try PNGPicture(decoding: try picture.encoded())
    #expect(back.width == 7 && back.height == 5)
    #expect(back.rgb == picture.rgb)
    #expect(abs((back.dotsPerInch ?? 0) - 300) < 0.01)
    #expect(back.texts.map(\.key) == ["Title", "Description"])
    #expect(back.texts.map(\.text) == ["Plain", "x = −12 mm, naïve"])
  }

  @Test func `are the same each time`() throws { #expect(try picture.encoded() == (try picture.encoded())) }

  @Test(arguments: [0, 5, 40, 90, 150]) func `that are cut short are refused`(count: Int) throws {
    let bytes = Array(try picture.encoded().prefix(count))
    let fault = #expect(throws: PellucidError.self) { try PNGPicture(decoding: bytes) }
    #expect(fault?.kind == .badData)
  }
}

import PellucidFaults
import Testing

@Suite struct `Text for a terminal` {
  @Test func `spells out what could steer it`() {
    #expect("\u{1B}]0;title\u{7}\u{1B}[31mred".shown() == "\\u001b]0;title\\u0007\\u001b[31mred")
    #expect("a\u{9B}31mb\u{7F}\u{202E}c\u{2028}".shown() == "a\\u009b31mb\\u007f\\u202ec\\u2028")
    #expect("one\ttwo\n\r".shown(keeping: ["\t", "\n"]) == "one\ttwo\n\\u000d")
  }

  @Test func `leaves other text as it is`() {
    for text in ["Gyrus frontalis, 12 mm³", "Überall → 𝛼", ""] { #expect(text.shown() == text) }
  }

  @Test func `of an error has no control characters, wherever they stood`() {
    let error = PellucidError(
      .badData, at: .init(file: "a\u{1B}[2Jb.onnx", part: "node \u{1B}[31mEVIL\u{7}"), what: "what\u{8}",
      why: "why\nmore",
      remedy: "mend\u{9B}")
    #expect(error.line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
    #expect(error.line.hasPrefix("a\\u001b[2Jb.onnx, node \\u001b[31mEVIL\\u0007: what\\u0008: why more; mend"))
  }
}

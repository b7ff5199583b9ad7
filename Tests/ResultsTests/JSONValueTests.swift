import Foundation
import PellucidResults
import Testing

@Suite struct `JSON text` {
  private let value: JSONValue = [
    "zeta": 1, "alpha": [1.5, -0.25, 1e-30, 3.0], "text": "a \"quoted\" \\ line\n\u{1}é", "none": nil, "yes": true,
    "nested": ["empty": [], "object": [:], "list": [["a": 1], ["b": 2]]],
  ]

  @Test func `keeps the order of keys and puts a key on a line`() {
    #expect(
      value.text(pretty: true) == """
        {
          "zeta": 1,
          "alpha": [1.5, -0.25, 1e-30, 3],
          "text": "a \\"quoted\\" \\\\ line\\n\\u0001é",
          "none": null,
          "yes": true,
          "nested": {
            "empty": [],
            "object": {},
            "list": [
              {
                "a": 1
              },
              {
                "b": 2
              }
            ]
          }
        }
        """)
  }

  @Test func `is one line unless asked to be pretty`() {
    #expect(
      JSONValue.object([.init("a", .integers([1, 2])), .init("b", .null)]).text() == "{\"a\": [1, 2], \"b\": null}")
  }

  @Test func `reads back with Foundation`() throws {
    let back = try #require(
      try JSONSerialization.jsonObject(with: Data(value.text(pretty: true).utf8)) as? [String: Any])
    #expect(back["text"] as? String == "a \"quoted\" \\ line\n\u{1}é")
    #expect(back["alpha"] as? [Double] == [1.5, -0.25, 1e-30, 3])
  }

  @Test func `numbers round-trip, what JSON lacks is null`() throws {
    for number in [0.1, 1.0 / 3, .leastNonzeroMagnitude, 1.7976931348623157e308, -0.0, 123456789012345680, 1e22] {
      #expect(Double(JSONValue.number(number).text())?.bitPattern == number.bitPattern)
    }
    #expect(JSONValue.single(0.1).text() == "0.1")
    #expect(JSONValue.numbers([.nan, .infinity]).text() == "[null, null]")
  }

  @Test func `a key can be read, set and taken out`() {
    var object: JSONValue = ["a": 1, "b": 2]
    object["b"] = "two"
    object["c"] = 3
    object["a"] = JSONValue?.none
    #expect(object.text() == "{\"b\": \"two\", \"c\": 3}")
    #expect(object["b"] == "two")
    #expect(object["x"] == nil)
  }
}

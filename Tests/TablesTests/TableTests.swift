import PellucidFaults
import PellucidTables
import TestSupport
import Testing

@Suite struct `Tables as text` {
  @Test func `are remarks, a header and a line a row`() {
    let table = Table(
      [
        .text("name", ["Insula_L", nil, "two\twords\nmore"]), .whole("voxels", [12, nil, 0]),
        .number("mean", [1.0 / 3, .nan, -2.5e-7]), .number("seconds", [1.23456, nil, .infinity], digits: 4),
      ], remarks: ["made by hand\nat home"])
    #expect(
      table.tsv == """
        # made by hand at home
        name\tvoxels\tmean\tseconds
        Insula_L\t12\t0.333333333\t1.235
        n/a\tn/a\tn/a\tn/a
        two words more\t0\t-2.5e-7\tn/a

        """)
  }

  /// Cells with every kind of white space, quotes, marks of remarks and separators, at every place of a line.
  @Test func `are read as they were written`() throws {
    let words: [String?] = [
      "plain", "# marked", "\"quoted\"", "a,b;c", "", " around ", "é漢字👩‍👩‍👧", nil, "n/a ", "'", "\u{FEFF}bom",
    ]
    for shift in words.indices {
      let turned = words.indices.map { words[($0 + shift) % words.count] }
      let numbers = words.indices.map { Double($0) / 7 - 0.5 }
      let table = Table([.text("a", words), .number("x", numbers), .text("b", turned)], remarks: ["one", "two"])
      let read = try Table(text: table.tsv, path: "t.tsv")
      #expect(try read.texts("a") == words && read.texts("b") == turned)
      #expect(read.remarks == ["one", "two"] && read.names == ["a", "x", "b"])
      for (one, other) in zip(try read.numbers("x"), numbers) { #expect(abs((one ?? .nan) - other) <= 5e-10) }
      #expect(try read.line(ofRow: 0) == 4 && Table(text: read.tsv, path: "t.tsv").tsv == table.tsv)
    }
  }

  @Test(arguments: ["\t", "\n", "\r\n", "\r", "\u{0B}", "\u{85}", "\u{2028}", "\u{A0}"])
  func `hold no white space but blanks`(space: String) throws {
    let table = Table([.text("one\(space)name", ["a\(space)b"]), .text("c", ["\(space)"])])
    #expect(table.tsv == "one name\tc\na b\t \n")
  }

  /// Every way to write a number, against the standard library's own reading of the text.
  @Test func `numbers are the nearest ones to their text`() throws {
    var random = Noise(seed: 3)
    var texts = [
      "0", "-0", "1", "-1.5", ".5", "1e5", "1.5e-7", "1E3", "5e-324", "1.7976931348623157e308", "0.1", "00012",
    ]
    texts += [
      "123456789012345", "123456789012345678", "0.000000000000000000000001", "9007199254740993", "1e22", "1e23", "3.e2",
    ]
    for _ in 0..<5000 {
      let number = Double(bitPattern: random.next())
      guard number.isFinite else { continue }
      texts += ["\(number)", NumberText.significant(number), NumberText.significant(number, digits: 4)]
    }
    let table = try Table(text: "x\ty\n" + texts.map { "\($0)\ta\n" }.joined(), path: "t.tsv")
    for (text, number) in zip(texts, try table.numbers("x")) {
      #expect(number?.bitPattern == Double(text)?.bitPattern, "\(text)")
    }
  }

  @Test(arguments: ["1.2.3", "-", "e5", "1e", "", "x", "nan", "inf", "1,5", "0x", "- 1", "1 "])
  func `what is no number is named`(cell: String) throws {
    let table = try Table(text: "x\ty\n1\ta\n\(cell)\tb\n", path: "t.tsv")
    let error = try #require(fault { _ = try table.numbers("x") })
    #expect(error.line.hasPrefix("t.tsv, row 2, column x: '\(cell)' is no number"))
    #expect(error.kind == .badData)
  }

  @Test func `whole numbers have no fraction`() throws {
    let table = try Table(text: "n\tx\n3\t1\nn/a\t1.5\n-2\t2\n", path: "t.tsv")
    #expect(try table.wholes("n") == [3, nil, -2])
    #expect(fault { _ = try table.wholes("x") }?.line.contains("row 2, column x: '1.5' is no whole number") == true)
  }

  @Test func `a missing column is answered with near ones`() throws {
    let table = try Table(text: "name\tmean\na\t1\n", path: "t.tsv")
    let error = try #require(fault { _ = try table.numbers("meam") })
    #expect(error.kind == .usage && error.line.contains("has no column meam") && error.line.contains("mean?"))
  }

  @Test func `a file that is no table says why`() throws {
    let folder = try TemporaryFolder()
    func line(_ bytes: [UInt8], form: Table.Form = .own) -> String? {
      fault { try Table(contentsOf: folder.write("t.tsv", bytes), form: form).checkRows() }?.what
    }
    func why(_ bytes: [UInt8], form: Table.Form = .own) -> String? {
      fault { try Table(contentsOf: folder.write("t.tsv", bytes), form: form).checkRows() }?.why
    }
    #expect(line([0x66, 0, 0x67]) == "this is no table")
    #expect(why([0x66, 9, 0xFF, 10]) == "it is not text")
    #expect(why([]) == "it has no lines of tab-separated cells")
    #expect(why([UInt8]("one\n".utf8)) == "it has no lines of tab-separated cells")
    #expect(why([UInt8]("a\tb\n".utf8)) == "it has no lines of tab-separated cells")
    #expect(why([UInt8]("a\tb\n1\n".utf8)) == "line 2 has 1 cell where the header has 2")
    #expect(why([UInt8]("# x\na\tb\n1\t2\n1\t2\t3\n".utf8)) == "line 4 has 3 cells where the header has 2")
    #expect(why([UInt8]("a\tb\n1\t2\t3\n".utf8), form: .foreign) == "line 2 has 3 cells where the header has 2")
    #expect(fault { _ = try Table(contentsOf: folder.path("missing.tsv")) }?.what == "the file cannot be read")
  }

  /// What spreadsheets and other systems make of a table.
  @Test(arguments: [
    "name\tage\nAnna B\t71\nn/a\t\n", "\u{FEFF}name\tage\r\nAnna B\t71\r\n\r\n\t\r\n", "name\tage\rAnna B\t71\r",
    "name\tage\t\t\nAnna B\t71\t\t\nn/a\n", " name ,  age\n\"Anna B\", 71\n", "name;age\nAnna B;\"71\"\n",
    "# exported\nname\tage\n# a remark\n\u{A0}Anna B \t71", "\"name\"\t\"age\"\n\"Anna B\"\t\"71\"\n",
  ])
  func `of people are read in every form`(text: String) throws {
    let table = try Table(text: text, path: "t.tsv", form: .foreign)
    #expect(table.names == ["name", "age"])
    #expect(try table.texts("name").first == "Anna B")
    #expect(try table.numbers("age").first == 71)
    if table.rowCount > 1 {
      #expect(try table.texts("name")[1] == nil && table.numbers("age")[1] == nil)
    }
  }

  @Test func `quotes may hold separators and quotes, and open only at a cell's beginning`() {
    #expect(Table.cells(of: "\"a,b\",c,\"say \"\"so\"\"\"", separator: ",") == ["a,b", "c", "say \"so\""])
    #expect(Table.cells(of: "5\" long,b\"c,d", separator: ",") == ["5\" long", "b\"c", "d"])
    #expect(Table.cells(of: "\"open,b", separator: ",") == ["\"open", "b"])
    #expect(Table.cells(of: "a\t\t", separator: "\t") == ["a", "", ""])
  }
}

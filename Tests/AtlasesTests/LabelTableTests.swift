import PellucidAtlases
import PellucidFaults
import Testing

@Suite struct `Label files` {
  private func regions(_ text: String) throws -> [Region] { try LabelTable(text: text, source: "labels.tsv").regions }

  @Test(
    arguments: [
      "index\tname\themisphere\tcolor\n1\tHippocampus_L\tL\t#ff0080\n2\tHippocampus_R\tR\t#00ff00\n",
      "\u{FEFF}Index\tName\tHemi\tColour\r\n2\tHippocampus_R\tright\t00FF00\r\n1\tHippocampus_L\tleft\t255 0 128\r\n",
      "# made by hand\nindex,name,r,g,b\n1,\"Hippocampus_L\",255,0,128\n2,Hippocampus_R,0,255,0\n",
      "1 Hippocampus_L 255 0 128 0\n\n2 Hippocampus_R 0 255 0 0",
      "name;colour;label\nHippocampus_L;#FF0080;1\nHippocampus_R;#00ff00ff;2\n",
      "0\tbackground\n1\tHippocampus_L\tL\t#ff0080\n2\tHippocampus_R\tR\t#00ff00\n",
    ])
  func `are read in every common form`(text: String) throws {
    #expect(
      try regions(text) == [
        Region(index: 1, name: "Hippocampus_L", hemisphere: .left, colour: "#ff0080"),
        Region(index: 2, name: "Hippocampus_R", hemisphere: .right, colour: "#00ff00"),
      ])
  }

  @Test func `MRIcron's third column is kept apart from the name`() throws {
    let table = try LabelTable(text: "1 Precentral_L 2001\n2 Precentral_R 2002\n", source: "aal.nii.txt")
    #expect(table.regions.map(\.name) == ["Precentral_L", "Precentral_R"])
    #expect(table.otherLabels == [1: 2001, 2: 2002])
  }

  @Test func `names may hold blanks, commas and quotes`() throws {
    let quoted = try regions("index,name\n4,\"Inferior Frontal Gyrus, pars opercularis\"\n")
    #expect(quoted.map(\.name) == ["Inferior Frontal Gyrus, pars opercularis"])
    #expect(try regions("7\tHeschl's Gyrus (H1, H2)\n").map(\.name) == ["Heschl's Gyrus (H1, H2)"])
    #expect(
      try regions("12 Left Temporal Pole\n") == [Region(index: 12, name: "Left Temporal Pole", hemisphere: .left)])
    #expect(try regions("id name\n12 Left Temporal Pole\n").map(\.name) == ["Left Temporal Pole"])
    #expect(try regions("index name\n3 Vermis\n") == [Region(index: 3, name: "Vermis", hemisphere: .unknown)])
  }

  @Test func `a region without a name is called after its label`() throws {
    #expect(try regions("index\tname\n3\tn/a\n4\t\n").map(\.name) == ["region-3", "region-4"])
  }

  @Test(arguments: [
    ("Precentral_L", Hemisphere.left), ("Left-Amygdala", .left), ("ctx-lh-cuneus", .left),
    ("G_Frontal_Sup-1-R", .right),
    ("R Thalamus", .right), ("7Networks_RH_Vis_1", .right), ("Vermis_3", .unknown), ("L", .unknown),
    ("Lingual gyrus", .unknown),
  ])
  func `sides are read off names`(name: String, side: Hemisphere) {
    #expect(Hemisphere.guessed(from: name) == side)
  }

  @Test(
    arguments: [
      ("", "the label file names no region"),
      ("# nothing\n", "the label file names no region"),
      ("index\tname\n", "the label file names no region"),
      ("index\tcolor\n1\t#ffffff\n", "the label file has no column name"),
      ("1\tA\n2\tB\n1\tC\n", "the index 1 is given twice"),
      ("1\tA\n-2\tB\n", "the index '-2' is not a label"),
      ("1\tA\n2.5\tB\n", "the index '2.5' is not a label"),
      ("1\tA\nx\tB\n", "the index 'x' is not a label"),
      (
        "<?xml version=\"1.0\"?>\n<atlas/>\n",
        "the label file is XML without <label index=…>, as FSL's atlases have them"
      ),
    ])
  func `what is wrong is named`(text: String, what: String) throws {
    let error = try #require(fault { _ = try regions(text) })
    #expect(error.kind == .badData)
    #expect(error.what == what)
    #expect(error.place.file == "labels.tsv")
  }

  @Test func `a missing file is bad data that names it`() throws {
    let error = try #require(fault { _ = try LabelTable(contentsOf: "/nowhere/labels.tsv") })
    #expect(error.kind == .badData)
    #expect(error.place.file == "/nowhere/labels.tsv")
  }

  @Test func `ITK-SNAP's lines end in a name in quotation marks`() throws {
    let found = try regions(
      """
      # IDX -R- -G- -B- -A-- VIS MSH LABEL
          0     0    0    0        0  0  0    "Clear Label"
          1   255    0    0        1  1  1    "Left Hippocampus"
         12     0  255   16        1  1  1    "Lateral ventricle"
      """)
    #expect(found.map(\.index) == [1, 12])
    #expect(found.map(\.name) == ["Left Hippocampus", "Lateral ventricle"])
    #expect(found.map(\.colour) == ["#ff0000", "#00ff10"])
    #expect(found.map(\.hemisphere) == [.left, .unknown])
  }

  @Test(arguments: [("Probabilistic", [1, 2]), ("Label", [1])])
  func `FSL's XML counts from 0 on, as labels or as volumes`(type: String, indices: [Int32]) throws {
    let found = try regions(
      """
      <?xml version="1.0" encoding="ISO-8859-1"?>
      <atlas version="1.0"><header><name>X</name><type>\(type)</type></header>
      <data>
      <label index="0" x="48" y="94" z="35">Left &amp; first</label>
      <label index="1" x="25" y="70" z="32">Insular Cortex</label>
      </data></atlas>
      """)
    #expect(found.map(\.index) == indices)
    #expect(found.last?.name == "Insular Cortex")
    #expect(type == "Label" || found.first?.name == "Left & first")
  }

  @Test func `FSL's XML with an index twice is refused, by its lines`() throws {
    let error = try #require(
      fault { _ = try regions("<atlas>\n<label index=\"1\">A</label>\n<label index=\"1\">B</label>\n</atlas>") })
    #expect(error.what == "the index 1 is given twice")
    #expect(error.place.part == "lines 2 and 3")
  }

  @Test func `a column tells the lobe`() throws {
    let found = try regions("index\tname\tlobe\n1\tPrecentral_L\tFrontal\n2\tVermis\tn/a\n")
    #expect(found.map(\.lobe) == ["Frontal", nil])
  }
}

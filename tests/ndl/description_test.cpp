// SPDX-License-Identifier: MIT
#include "elvis/ndl/description.hpp"

#include <gtest/gtest.h>

#include "elvis/ndl/front_end.hpp"

namespace elvis::ndl {
namespace {

constexpr std::string_view scenario = R"([Parameters]
    [Parameter name='size' value='3']
[Template name='base' colour='blue' mtu='1']
    [Protocols]
        [Protocol name='UDP' hops='4']
[Template name='client' template='base' colour='green']
    [Applications]
        [Application name='send_message' to='10.0.0.${index + 1}' message='a\tb' port='${size}']
[Template name='unused' strange='1']
    [Protocols]
        [Protocol name='UDP' strange='1']
[Networks]
    [Network id='lan' latency='10ms']
        [IP ip='10.0.0.1']
[Machines]
    [Machine name='c' count='${size}' template='client' colour='red']
        [Networks]
            [Network id='lan']
    [Machine]
        [Networks]
        [Protocols]
            [Protocol name='UDP']
        [Applications]
    [Machine count='2' template='client' auto-protocol='t']
        [Networks]
)";

class DescriptionTest : public testing::Test {
 protected:
  DescriptionTest() {
    sources_.offer("sim.ndl", std::string{scenario});
    description_ = read_description(sources_, "sim.ndl", {}, diagnostics_);
    EXPECT_EQ(render(diagnostics_, sources_), "");
  }

  std::string place(Span span) const {
    const Place at = sources_.locate(span.begin);
    return std::to_string(at.line) + ":" + std::to_string(at.column) + " " +
           std::string{sources_.text(span)};
  }

  std::string note(const Note& note) const { return place(note.span) + ": " + note.text; }

  std::string name(std::size_t group, std::uint64_t index) const {
    std::string name;
    description_->group(group).write_name(index, name);
    return name;
  }

  SourceSet sources_{SourceSet::Disk::closed};
  Diagnostics diagnostics_;
  std::optional<Description> description_;
};

TEST_F(DescriptionTest, CountsWhatThereIs) {
  EXPECT_EQ(description_->network_count(), 1U);
  EXPECT_EQ(description_->group_count(), 3U);
  EXPECT_EQ(description_->machine_count(), 6U);
  EXPECT_TRUE(description_->is_complete());
  EXPECT_GT(description_->memory_bytes(), 0U);
  ASSERT_EQ(description_->parameters().size(), 1U);
  EXPECT_EQ(description_->parameters()[0].name, "size");
  EXPECT_EQ(description_->parameters()[0].value, "3");
  EXPECT_EQ(place(description_->parameters()[0].span), "2:22 size");
}

TEST_F(DescriptionTest, NamesMachines) {
  EXPECT_EQ(description_->group(0).name(), "c");
  EXPECT_EQ(name(0, 2), "c-2");
  EXPECT_EQ(description_->group(1).name(), "machine-2");
  EXPECT_EQ(name(1, 0), "machine-2");
  EXPECT_EQ(name(2, 1), "machine-3-1");
  EXPECT_TRUE(description_->group(0).is_named());
  EXPECT_FALSE(description_->group(1).is_named());
  EXPECT_EQ(place(description_->group(0).name_span()), "16:20 c");
  EXPECT_EQ(place(description_->group(1).name_span()), "19:6 Machine");
  EXPECT_EQ(description_->group(2).place(), 3U);
}

TEST_F(DescriptionTest, FindsMachinesByAnyNameTheyHave) {
  const auto found = [this](std::string_view name) { return description_->find_machine(name); };
  EXPECT_TRUE(found("c")->is_group);
  EXPECT_EQ(found("c-2")->group, 0U);
  EXPECT_EQ(found("c-2")->index, 2U);
  EXPECT_FALSE(found("c-2")->is_group);
  EXPECT_FALSE(found("c-3"));
  EXPECT_FALSE(found("c-02"));
  EXPECT_FALSE(found("c-"));
  EXPECT_FALSE(found("c-99999999999999999999999"));
  EXPECT_FALSE(found("C"));
  EXPECT_EQ(found("machine-2")->group, 1U);
  EXPECT_FALSE(found("machine-2")->is_group);
  EXPECT_FALSE(found("machine-2-0"));
  EXPECT_FALSE(found("machine-1"));
  EXPECT_FALSE(found("machine-0"));
  EXPECT_FALSE(found("machine-4"));
  EXPECT_TRUE(found("machine-3")->is_group);
  EXPECT_EQ(found("machine-3-1")->index, 1U);
  EXPECT_FALSE(found(""));
}

TEST_F(DescriptionTest, SuggestsNames) {
  EXPECT_EQ(description_->find_network("lan"), 0U);
  EXPECT_EQ(place(description_->network(0).id_span()), "13:18 lan");
  EXPECT_FALSE(description_->find_network("Lan"));
  EXPECT_EQ(description_->suggest_network("lam"), "; did you mean `lan`?");
  EXPECT_EQ(description_->suggest_network("internet"), "");
  EXPECT_EQ(description_->suggest_machine("C"), "; did you mean `c`?");
}

TEST_F(DescriptionTest, PutsTheTemplatesSectionsFirst) {
  const MachineGroup group = description_->group(0);
  EXPECT_EQ(group.networks().size(), 1U);
  EXPECT_EQ(group.protocols().size(), 1U);
  ASSERT_FALSE(group.applications().empty());
  const Section application = *group.applications().begin();
  EXPECT_EQ(application.kind(), SectionKind::application);
  EXPECT_EQ(application.name(), "send_message");
  EXPECT_EQ(place(application.span()), "8:10 Application");
  EXPECT_EQ(place(application.name_span()), "8:28 send_message");
  EXPECT_FALSE(application.is_damaged());
  EXPECT_EQ(application.arguments().size(), 4U);
  EXPECT_FALSE(application.arguments().empty());
  EXPECT_EQ(application.arguments()[1].key(), "to");
  EXPECT_FALSE(application.find("nothing"));
  EXPECT_TRUE(description_->group(1).applications().empty());
  EXPECT_TRUE(description_->group(2).adds_protocols());
  EXPECT_FALSE(description_->group(1).adds_protocols());
}

TEST_F(DescriptionTest, TakesTheNearestArgument) {
  const MachineGroup group = description_->group(0);
  EXPECT_EQ(group.find("colour")->text(), "red");
  EXPECT_EQ(group.find("mtu")->text(), "1");
  EXPECT_EQ(group.find("name")->text(), "c") << "the template's name is its own";
  EXPECT_EQ(group.count(), 3U);
  EXPECT_EQ(description_->group(2).find("colour")->text(), "green");
  EXPECT_FALSE(description_->group(2).find("name"));
  EXPECT_FALSE(group.find("nothing"));
  EXPECT_EQ(group.arguments().size(), 5U);
  EXPECT_FALSE(group.is_damaged());
}

TEST_F(DescriptionTest, EvaluatesValuesForEachMachine) {
  const MachineGroup group = description_->group(0);
  const Section application = *group.applications().begin();
  std::string buffer;
  const Argument to = *application.find("to");
  EXPECT_TRUE(to.varies());
  EXPECT_EQ(to.text(), "");
  EXPECT_EQ(to.evaluate({0, "c-0"}, buffer, diagnostics_), "10.0.0.1");
  EXPECT_EQ(to.evaluate({2, "c-2"}, buffer, diagnostics_), "10.0.0.3");
  const Argument message = *application.find("message");
  EXPECT_FALSE(message.varies());
  EXPECT_FALSE(message.is_broken());
  EXPECT_EQ(message.evaluate({}, buffer, diagnostics_), "a\tb");
  EXPECT_EQ(application.find("port")->text(), "3");
}

TEST_F(DescriptionTest, KnowsThePlacesOfArguments) {
  const MachineGroup group = description_->group(0);
  const Section application = *group.applications().begin();
  const Argument name = *application.find("name");
  EXPECT_EQ(place(name.key_span()), "8:22 name");
  EXPECT_EQ(place(name.span()), "8:28 send_message");
  EXPECT_EQ(place(name.span_of(5, 7)), "8:33 message");
  EXPECT_EQ(place(name.span_of(5, 8)), "8:28 send_message") << "more than there is";
  EXPECT_EQ(place(application.find("message")->span_of(0, 1)), "8:76 a\\tb") << "escapes";
  EXPECT_EQ(place(application.find("to")->span()), "8:46 10.0.0.${index + 1}");
}

TEST_F(DescriptionTest, TellsThroughWhichTemplatesASectionCame) {
  const MachineGroup group = description_->group(0);
  const Section protocol = *group.protocols().begin();
  const std::vector<Note> notes = protocol.origin();
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(note(notes[0]), "6:35 base: in template `base`, used here");
  EXPECT_EQ(note(notes[1]), "16:49 client: in template `client`, used here");
  EXPECT_EQ(protocol.find("hops")->origin().size(), 2U);
  const Section network = *group.networks().begin();
  EXPECT_TRUE(network.origin().empty());
  EXPECT_EQ(group.find("mtu")->origin().size(), 2U);
  EXPECT_TRUE(group.find("colour")->origin().empty());
}

TEST_F(DescriptionTest, RemembersWhichArgumentsWereRead) {
  const auto unread = [this] {
    std::string keys;
    description_->for_each_unread([&](const Section& section, const Argument& argument) {
      EXPECT_FALSE(argument.was_read());
      keys += std::string{to_string(section.kind())} + "." + std::string{argument.key()} + " ";
    });
    return keys;
  };
  EXPECT_EQ(unread(),
            "Template.colour Template.mtu Protocol.hops Template.colour Application.to "
            "Application.message Application.port Network.latency Machine.colour ");
  const MachineGroup group = description_->group(0);
  EXPECT_EQ(group.read("colour")->text(), "red");
  EXPECT_FALSE(group.read("nothing"));
  const Section application = *group.applications().begin();
  EXPECT_TRUE(application.read("to"));
  EXPECT_FALSE(application.read("nothing"));
  application.find("port")->mark_read();
  EXPECT_EQ(unread(), "Template.mtu Protocol.hops Application.message Network.latency ");
}

TEST_F(DescriptionTest, StaysValidWhenItIsMoved) {
  const MachineGroup group = description_->group(0);
  Description moved = std::move(*description_);
  EXPECT_EQ(group.name(), "c");
  description_ = std::move(moved);
  EXPECT_EQ(description_->group(0).name(), "c");
}

TEST(LanguageKeysTest, KnowsWhatTheLanguageGivesAMeaning) {
  EXPECT_EQ(language_keys(SectionKind::machine).size(), 5U);
  EXPECT_EQ(language_keys(SectionKind::include)[0], "file");
  EXPECT_EQ(language_keys(SectionKind::event)[0], "at");
  EXPECT_TRUE(language_keys(SectionKind::machines).empty());
}

}  // namespace
}  // namespace elvis::ndl

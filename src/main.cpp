#include "cli/app.hpp"

int main(int argc, char** argv) {
  return waltrack::run_app(argc, argv);
}

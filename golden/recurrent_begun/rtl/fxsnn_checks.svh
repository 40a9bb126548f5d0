// What benches of golden sets share: is a file the one that was written.
//
// Used here: damaged (files), and `wrong` of fxsnn_verdict.svh.
  // -- files: as many words as stated, of as many digits, and not altered ----------------------------------------------
  // `digits`, `places` and `squares` are sums over the digits of all words: of digit d at place k, d, k d, and k k d.
  task automatic check_file(input string name, input int words, input int bits, input longint digits,
                            input longint places, input longint squares);
    int file, char, column, line, found, width;
    longint k, value, sum_digits, sum_places, sum_squares, change, place;
    bit comment, bad;
    width = (bits + 3) / 4;
    {column, found, k, sum_digits, sum_places, sum_squares} = '0;  // Icarus 11 begins with x
    {comment, bad} = '0;
    file = $fopen({name, ".mem"}, "r");
    if (file == 0) begin
      damaged++;
      $display("FAIL %s.mem cannot be read", name);
    end else begin
      line = 1;
      char = $fgetc(file);
      while (char >= 0) begin
        value = char >= "0" && char <= "9" ? char - "0" : char >= "a" && char <= "f" ? char - "a" + 10 : -1;
        if (char == "\n") begin
          if (!comment) begin
            if (column != width) bad = 1;
            found++;
          end
          if (!bad) line++;
          column = 0;
          comment = 0;
        end else if (column == 0 && char == "/" && found == 0) begin
          comment = 1;
          column++;
        end else begin
          column++;
          if (!comment) begin
            if (value < 0 || column > width) bad = 1;
            if (column == 1 && value >= (64'd1 << (bits - 4 * (width - 1)))) bad = 1;
            sum_digits += value;
            sum_places += value * k;
            sum_squares += value * k * k;
            k++;
          end
        end
        char = $fgetc(file);
      end
      $fclose(file);
      if (column != 0) bad = 1;
      change = sum_digits - digits;
      place = change == 0 ? -64'sd1 : (sum_places - places) / change;
      if (bad) begin
        damaged++;
        $display("FAIL %s.mem line %0d must be %0d hexadecimal digits in lower case and a newline, %0d bits", name,
                 line, width, bits);
      end else if (found != words) begin
        damaged++;
        $display("FAIL %s.mem must hold %0d words, not %0d", name, words, found);
      end else if (change != 0 && place >= 0 && sum_places - places == change * place
                   && sum_squares - squares == change * place * place) begin
        wrong++;
        $display("FAIL %s.mem word %0d was altered: its digit %0d is off by %0d", name, place / width,
                 place % width + 1, change);
      end else if (sum_digits != digits || sum_places != places || sum_squares != squares) begin
        wrong++;
        $display("FAIL %s.mem was altered in several places", name);
      end
    end
  endtask

  // -- constants: does the file hold what the bench is configured for ------------------------------------------------
  task automatic constant(input string name, input int bits, input logic [63:0] expected, input logic [63:0] got);
    if ((expected & low(bits)) !== got) begin
      wrong++;
      $display("FAIL %s.mem: the bench is configured for %0h, the file holds %0h", name, expected & low(bits), got);
    end
  endtask

  function automatic logic [63:0] low(input int bits);
    low = bits == 64 ? '1 : (64'd1 << bits) - 64'd1;
  endfunction
